# Nobody could look whether it waits for a child: it gets as long as if it did.

   0.0   nobody looks at children
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  71.0 |   app is deadlock, suspect
  74.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  74.0 |   NAME the culprit of host 100
  74.0 |   app is deadlock, saving
  74.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  74.0 |   app is deadlock, restarting
  74.0 |   app is gone, verifying
  75.6 |   tell app: recovered (incident 1 of app)
  75.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 60.9, 63.9, 65.5 s
  75.6 |   app is healthy, watching
  90.0   the end
