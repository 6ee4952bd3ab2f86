# Once the mode allows it, a host that is full is restarted.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is in mode observe
  10.0   host 100 holds 95 % of its heap
  11.3 |   tell app: memory critical, 94 %, but mode
  11.3 |   app is healthy, watching, memory critical
  60.0   app is in mode automatic
  60.3 |   SAVE the context of app, incident 2: memory (healthy)
  60.3 |   app is healthy, saving, memory critical
  60.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel]
  60.3 |   app is healthy, restarting, memory critical
  60.3 |   app is gone, verifying
  61.9 |   tell app: recovered (incident 2 of app)
  61.9 |   record incident 2: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  61.9 |   app is healthy, watching
  90.0   the end
