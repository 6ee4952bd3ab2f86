# A kill for comfort leaves both of VS Code's restarts to a host that needs one.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 3 min
  30.0   host 100 crashes
  30.0 |   app is gone, verifying
  31.6 |   tell app: crashrecovered (incident 1 of app)
  31.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  31.6 |   app is healthy, watching
 211.9 |   app is healthy, watching, waits for five minutes without a restart
 335.9 |   SAVE the context of app, incident 3: refresh (healthy)
 335.9 |   app is healthy, saving
 335.9 |   KILL host 101 of app, incident 3: healthy, by [MainThread, Kernel]
 335.9 |   app is healthy, restarting
 335.9 |   app is gone, verifying
 337.5 |   tell app: recovered (incident 3 of app)
 337.5 |   record incident 3: refresh (healthy), Recovered; host 101 → 102; verdict, act, end after -, 0.0, 1.6 s
 337.5 |   app is healthy, watching
 500.0   the end
