# No snapshot, no restart. The user hears it, and may ask again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk is full
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   app is healthy, saving
  20.0 |   tell app: refused, cannot save: No space left on device (incident 1 of app)
  20.0 |   record incident 1: requested (healthy), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  20.0 |   app is healthy, watching
  60.0   the disk works
 120.0   the user asks to restart app when it is quiet
 120.0 |   answer: waiting
 120.0 |   app is healthy, watching, waits for a quiet moment
 120.0 |   SAVE the context of app, incident 3: requested (healthy)
 120.0 |   app is healthy, saving
 120.0 |   KILL host 100 of app, incident 3: healthy, by [MainThread, Kernel, User]
 120.0 |   app is healthy, restarting
 120.0 |   app is gone, verifying
 121.7 |   tell app: recovered (incident 3 of app)
 121.7 |   record incident 3: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
 121.7 |   app is healthy, watching
 150.0   the end
