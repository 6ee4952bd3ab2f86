# The machine sleeps while the host waits for its child: it still waits for the same child afterwards, and gets its minute.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 waits for its child: make
  14.0 |   app is late, suspect
  14.0 |   app is onChild, suspect
  20.0   everything stands still for 30 s
  50.0 |   app is suspended, suspect
  53.0 |   app is late, suspect
  54.0 |   app is onChild, suspect
 110.0 |   SAVE the context of app, incident 1: freeze (onchild)
 110.0 |   app is onChild, saving
 110.0 |   KILL host 100 of app, incident 1: onChild, by [MainThread, Worker, Kernel]
 110.0 |   app is onChild, restarting
 110.0 |   app is gone, verifying
 111.6 |   tell app: recovered (incident 1 of app)
 111.6 |   record incident 1: freeze (onchild), Recovered; host 100 → 101; verdict, act, end after 43.9, 99.9, 101.5 s
 111.6 |   app is healthy, watching
 130.0   the end
