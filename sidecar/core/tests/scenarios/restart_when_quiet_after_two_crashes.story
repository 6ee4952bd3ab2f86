# VS Code would not start a third host: the wait is for that, too.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  20.0   host 100 crashes
  20.0 |   app is gone, verifying
  21.6 |   tell app: crashrecovered (incident 1 of app)
  21.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  21.6 |   app is healthy, watching
  40.0   host 101 crashes
  40.0 |   app is gone, verifying
  41.6 |   tell app: crashrecovered (incident 3 of app)
  41.6 |   record incident 3: crash (gone), CrashRecovered; host 101 → 102; verdict, act, end after -, -, 1.6 s; no snapshot
  41.6 |   app is healthy, watching
  70.0   the user asks to restart app when it is quiet
  70.0 |   answer: waiting
  70.0 |   app is healthy, watching, waits for five minutes without a restart
 325.9 |   SAVE the context of app, incident 5: requested (healthy)
 325.9 |   app is healthy, saving
 325.9 |   KILL host 102 of app, incident 5: healthy, by [MainThread, Kernel, User]
 325.9 |   app is healthy, restarting
 325.9 |   app is gone, verifying
 327.5 |   tell app: recovered (incident 5 of app)
 327.5 |   record incident 5: requested (healthy), Recovered; host 102 → 103; verdict, act, end after -, 0.0, 1.6 s
 327.5 |   app is healthy, watching
 400.0   the end
