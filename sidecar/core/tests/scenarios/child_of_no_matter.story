# A child was started just before the deadlock, but a lock is what the main thread waits for.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   9.0   host 100 starts a child: eslint-server
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   app is gone, verifying
  27.6 |   tell app: recovered (incident 1 of app)
  27.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  27.6 |   app is healthy, watching
  40.0   the end
