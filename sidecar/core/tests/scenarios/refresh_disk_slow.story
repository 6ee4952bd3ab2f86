# A turn begins while the snapshot of a refresh is on its way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 5 min
 290.0   the disk takes 6 s
 300.3 |   SAVE the context of app, incident 1: refresh (healthy)
 300.3 |   app is healthy, saving
 303.0   app begins a turn
 306.3 |   app is healthy, watching
 307.3 |   app is healthy, watching, waits for a turn of Claude
 330.0   app ends its turn
 337.3 |   SAVE the context of app, incident 2: refresh (healthy)
 337.3 |   app is healthy, saving
 343.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel]
 343.3 |   app is healthy, restarting
 343.3 |   app is gone, verifying
 344.9 |   tell app: recovered (incident 2 of app)
 344.9 |   record incident 2: refresh (healthy), Recovered; host 100 → 101; verdict, act, end after -, 6.0, 7.6 s
 344.9 |   app is healthy, watching
 380.0   the end
