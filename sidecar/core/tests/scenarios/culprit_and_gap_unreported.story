# The same, and the culprit is never reported.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are never reported
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.1   everything stands still for 20 s
  46.1 |   app is suspended, suspect
  49.1 |   app is late, suspect
  50.1 |   app is deadlock, suspect
  61.1 |   NAME the culprit of host 100
  61.1 |   app is deadlock, saving
  63.1 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  63.1 |   app is deadlock, restarting
  63.1 |   app is gone, verifying
  64.7 |   tell app: recovered (incident 1 of app)
  64.7 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 40.0, 53.0, 54.6 s
  64.7 |   app is healthy, watching
  90.0   the end
