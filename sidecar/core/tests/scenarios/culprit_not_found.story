# Nobody could be named: the kill waits for that answer alone, and only for a moment.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are not found within 1.4 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  27.4 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  27.4 |   app is deadlock, restarting
  27.4 |   app is gone, verifying
  29.0 |   tell app: recovered (incident 1 of app)
  29.0 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 17.3, 18.9 s
  29.0 |   app is healthy, watching
  60.0   the end
