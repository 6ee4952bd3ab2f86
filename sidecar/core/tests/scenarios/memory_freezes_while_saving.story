# It freezes while the snapshot is on its way: from then on it is a freeze like any other.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk takes 10 s
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  25.0   host 100 deadlocks
  29.0 |   app is late, suspect, memory critical
  29.0 |   app is deadlock, suspect, memory critical
  41.0 |   SAVE the context of app, incident 2: freeze (deadlock)
  41.0 |   NAME the culprit of host 100
  41.0 |   app is deadlock, saving, memory critical
  51.0 |   KILL host 100 of app, incident 2: deadlock, by [MainThread, Worker, Kernel]
  51.0 |   app is deadlock, restarting, memory critical
  51.0 |   app is gone, verifying
  52.6 |   tell app: recovered (incident 2 of app)
  52.6 |   record incident 2: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 25.9, 27.5 s
  52.6 |   app is healthy, watching
  80.0   the end
