# No snapshot, no restart. That is said once, and tried again in silence.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk is full
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  21.3 |   tell app: refused, cannot save: No space left on device (incident 1 of app)
  21.3 |   record incident 1: memory (healthy), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  21.3 |   app is healthy, watching, memory critical
  82.3 |   SAVE the context of app, incident 3: memory (healthy)
  82.3 |   app is healthy, saving, memory critical
  82.3 |   app is healthy, watching, memory critical
 143.3 |   SAVE the context of app, incident 4: memory (healthy)
 143.3 |   app is healthy, saving, memory critical
 143.3 |   app is healthy, watching, memory critical
 200.0   the disk works
 204.3 |   SAVE the context of app, incident 5: memory (healthy)
 204.3 |   app is healthy, saving, memory critical
 204.3 |   KILL host 100 of app, incident 5: healthy, by [MainThread, Kernel]
 204.3 |   app is healthy, restarting, memory critical
 204.3 |   app is gone, verifying
 205.9 |   tell app: recovered (incident 5 of app)
 205.9 |   record incident 5: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
 205.9 |   app is healthy, watching
 300.0   the end
