# A leak that begins anew in each host: two restarts in five minutes, then the user hears why there is no third.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  21.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel]
  21.3 |   app is healthy, restarting, memory critical
  21.3 |   app is gone, verifying
  22.9 |   tell app: recovered (incident 1 of app)
  22.9 |   record incident 1: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  22.9 |   app is healthy, watching
  50.0   host 101 holds 95 % of its heap
  51.1 |   app is healthy, watching, memory critical
  51.2 |   SAVE the context of app, incident 3: memory (healthy)
  51.2 |   app is healthy, saving, memory critical
  51.2 |   KILL host 101 of app, incident 3: healthy, by [MainThread, Kernel]
  51.2 |   app is healthy, restarting, memory critical
  51.2 |   app is gone, verifying
  52.8 |   tell app: recovered (incident 3 of app)
  52.8 |   record incident 3: memory (healthy), Recovered; host 101 → 102; verdict, act, end after -, 0.0, 1.6 s
  52.8 |   app is healthy, watching
  80.0   host 102 holds 95 % of its heap
  81.0 |   tell app: memory critical, 94 %, but budget
  81.0 |   app is healthy, watching, memory critical
 327.1 |   SAVE the context of app, incident 6: memory (healthy)
 327.1 |   app is healthy, saving, memory critical
 327.1 |   KILL host 102 of app, incident 6: healthy, by [MainThread, Kernel]
 327.1 |   app is healthy, restarting, memory critical
 327.1 |   app is gone, verifying
 328.7 |   tell app: recovered (incident 6 of app)
 328.7 |   record incident 6: memory (healthy), Recovered; host 102 → 103; verdict, act, end after -, 0.0, 1.6 s
 328.7 |   app is healthy, watching
 400.0   the end
