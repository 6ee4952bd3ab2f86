# No snapshot, no refresh: said once, and tried again in silence.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 5 min
 290.0   the disk is full
 300.3 |   SAVE the context of app, incident 1: refresh (healthy)
 300.3 |   app is healthy, saving
 300.3 |   tell app: refused, cannot save: No space left on device (incident 1 of app)
 300.3 |   record incident 1: refresh (healthy), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
 300.3 |   app is healthy, watching
 361.3 |   SAVE the context of app, incident 3: refresh (healthy)
 361.3 |   app is healthy, saving
 361.3 |   app is healthy, watching
 422.3 |   SAVE the context of app, incident 4: refresh (healthy)
 422.3 |   app is healthy, saving
 422.3 |   app is healthy, watching
 483.3 |   SAVE the context of app, incident 5: refresh (healthy)
 483.3 |   app is healthy, saving
 483.3 |   app is healthy, watching
 500.0   the end
