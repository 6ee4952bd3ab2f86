# A turn begins while the snapshot is on its way: the restart is put off until its end.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk takes 5 s
  20.0   host 100 holds 93 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  24.0   app begins a turn
  26.3 |   app is healthy, watching, memory critical
  27.3 |   app is healthy, watching, memory critical, waits for a turn of Claude
  50.0   app ends its turn
  50.3 |   SAVE the context of app, incident 2: memory (healthy)
  50.3 |   app is healthy, saving, memory critical
  55.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel]
  55.3 |   app is healthy, restarting, memory critical
  55.3 |   app is gone, verifying
  56.9 |   tell app: recovered (incident 2 of app)
  56.9 |   record incident 2: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 5.0, 6.6 s
  56.9 |   app is healthy, watching
  80.0   the end
