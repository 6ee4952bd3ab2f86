# The daemon dies while the snapshot is on its way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk takes 5 s
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  25.0   the daemon dies
  30.0   the daemon starts again
  30.0 |   app is healthy, watching, memory critical
  30.0 |   app is suspended, suspect, memory critical
  30.3 |   app is healthy, watching, memory critical
  33.3 |   SAVE the context of app, incident 100: memory (healthy)
  33.3 |   app is healthy, saving, memory critical
  38.3 |   KILL host 100 of app, incident 100: healthy, by [MainThread, Kernel]
  38.3 |   app is healthy, restarting, memory critical
  38.3 |   app is gone, verifying
  39.9 |   tell app: recovered (incident 100 of app)
  39.9 |   record incident 100: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 5.0, 6.6 s
  39.9 |   app is healthy, watching
  80.0   the end
