# VS Code does not count its own restarts; we do.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  21.3 |   RESTART app gracefully, incident 1
  21.3 |   app is healthy, restarting, memory critical
  21.7 |   app is gone, verifying
  23.3 |   tell app: recovered (incident 1 of app)
  23.3 |   record incident 1: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
  23.3 |   app is healthy, watching
  50.0   host 101 holds 95 % of its heap
  51.5 |   app is healthy, watching, memory critical
  51.5 |   SAVE the context of app, incident 3: memory (healthy)
  51.5 |   app is healthy, saving, memory critical
  51.6 |   RESTART app gracefully, incident 3
  51.6 |   app is healthy, restarting, memory critical
  52.0 |   app is gone, verifying
  53.6 |   tell app: recovered (incident 3 of app)
  53.6 |   record incident 3: memory (healthy), Recovered; host 101 → 102; verdict, act, end after -, 0.0, 2.0 s
  53.6 |   app is healthy, watching
  80.0   host 102 holds 95 % of its heap
  81.8 |   tell app: memory critical, 94 %, but budget
  81.8 |   app is healthy, watching, memory critical
 326.8 |   SAVE the context of app, incident 6: memory (healthy)
 326.8 |   app is healthy, saving, memory critical
 326.8 |   RESTART app gracefully, incident 6
 326.8 |   app is healthy, restarting, memory critical
 327.2 |   app is gone, verifying
 328.8 |   tell app: recovered (incident 6 of app)
 328.8 |   record incident 6: memory (healthy), Recovered; host 102 → 103; verdict, act, end after -, 0.0, 2.0 s
 328.8 |   app is healthy, watching
 400.0   the end
