# It comes after all, on a slow machine: then that is what is said.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   new hosts take 35 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   app is gone, verifying
  57.0 |   tell the desktop, of app: notverified (incident 1 of app)
  57.0 |   record incident 1: freeze (deadlock), NotVerified; host 100 → none; verdict, act, end after 3.9, 15.9, - s
  57.0 |   app is gone, watching
  61.1 |   tell app: recovered (incident 1 of app)
  61.1 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 51.0 s
  61.1 |   app is healthy, watching
  80.0   the end
