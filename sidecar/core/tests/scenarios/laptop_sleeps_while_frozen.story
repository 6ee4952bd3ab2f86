# A freeze before a gap counts anew after it: one full deadline.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  20.5   the machine sleeps for 3600 s
  21.0 |   app is suspended, suspect
  24.0 |   app is late, suspect
  25.0 |   app is deadlock, suspect
  36.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  36.0 |   NAME the culprit of host 100
  36.0 |   app is deadlock, saving
  36.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  36.0 |   app is deadlock, restarting
  36.0 |   app is gone, verifying
  37.6 |   tell app: recovered (incident 1 of app)
  37.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 14.9, 25.9, 27.5 s
  37.6 |   app is healthy, watching
  50.0   the end
