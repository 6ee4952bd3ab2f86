# The same with a disk that says nothing at all.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  10.0   the disk hangs
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  52.0 |   tell app: refused, cannot save: the disk has not taken the snapshot within 30 s (incident 1 of app)
  52.0 |   record incident 1: memory (healthy), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  52.0 |   app is healthy, watching, memory critical
 112.3 |   SAVE the context of app, incident 3: memory (healthy)
 112.3 |   app is healthy, saving, memory critical
 143.0 |   app is healthy, watching, memory critical
 200.0   the disk works
 203.3 |   SAVE the context of app, incident 4: memory (healthy)
 203.3 |   app is healthy, saving, memory critical
 203.3 |   RESTART app gracefully, incident 4
 203.3 |   app is healthy, restarting, memory critical
 203.7 |   app is gone, verifying
 205.3 |   tell app: recovered (incident 4 of app)
 205.3 |   record incident 4: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
 205.3 |   app is healthy, watching
 300.0   the end
