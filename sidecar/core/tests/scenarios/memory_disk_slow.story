# What Claude is doing is looked at again once a slow disk has the snapshot.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk takes 5 s
  20.0   host 100 holds 93 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  26.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel]
  26.3 |   app is healthy, restarting, memory critical
  26.3 |   app is gone, verifying
  27.9 |   tell app: recovered (incident 1 of app)
  27.9 |   record incident 1: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 5.0, 6.6 s
  27.9 |   app is healthy, watching
  60.0   the end
