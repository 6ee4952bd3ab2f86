# The machine sleeps while the snapshot is on its way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk takes 5 s
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  25.0   everything stands still for 60 s
  85.0 |   app is healthy, watching, memory critical
  85.0 |   app is suspended, suspect, memory critical
  85.3 |   app is healthy, watching, memory critical
  88.3 |   SAVE the context of app, incident 2: memory (healthy)
  88.3 |   app is healthy, saving, memory critical
  93.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel]
  93.3 |   app is healthy, restarting, memory critical
  93.3 |   app is gone, verifying
  94.9 |   tell app: recovered (incident 2 of app)
  94.9 |   record incident 2: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 5.0, 6.6 s
  94.9 |   app is healthy, watching
 120.0   the end
