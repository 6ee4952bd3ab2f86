# The user comes back while the snapshot of a refresh is on its way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 5 min
 290.0   the disk takes 4 s
 300.3 |   SAVE the context of app, incident 1: refresh (healthy)
 300.3 |   app is healthy, saving
 302.0   the user works in app for 30 s
 304.3 |   app is healthy, watching
 305.3 |   app is healthy, watching, waits for a pause in your work
 352.3 |   SAVE the context of app, incident 2: refresh (healthy)
 352.3 |   app is healthy, saving
 356.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel]
 356.3 |   app is healthy, restarting
 356.3 |   app is gone, verifying
 357.9 |   tell app: recovered (incident 2 of app)
 357.9 |   record incident 2: refresh (healthy), Recovered; host 100 → 101; verdict, act, end after -, 4.0, 5.6 s
 357.9 |   app is healthy, watching
 380.0   the end
