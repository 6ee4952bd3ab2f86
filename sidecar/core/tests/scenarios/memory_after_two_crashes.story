# Two crashes have used up what VS Code restarts by itself. Nothing is killed on top of that.

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
  70.0   host 102 holds 95 % of its heap
  71.9 |   tell app: memory critical, 94 %, but budget
  71.9 |   app is healthy, watching, memory critical
 325.9 |   SAVE the context of app, incident 6: memory (healthy)
 325.9 |   app is healthy, saving, memory critical
 325.9 |   KILL host 102 of app, incident 6: healthy, by [MainThread, Kernel]
 325.9 |   app is healthy, restarting, memory critical
 325.9 |   app is gone, verifying
 327.5 |   tell app: recovered (incident 6 of app)
 327.5 |   record incident 6: memory (healthy), Recovered; host 102 → 103; verdict, act, end after -, 0.0, 1.6 s
 327.5 |   app is healthy, watching
 400.0   the end
