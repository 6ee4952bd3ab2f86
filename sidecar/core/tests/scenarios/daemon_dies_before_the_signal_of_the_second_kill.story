# The same after a crash: the kill that did not happen must not use up the budget.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   host 100 crashes
   5.0 |   app is gone, verifying
   6.0   kills are lost
   6.6 |   tell app: crashrecovered (incident 1 of app)
   6.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
   6.6 |   app is healthy, watching
  10.0   host 101 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  25.1   the daemon dies
  26.0   kills work
  27.0   the daemon starts again
  28.0 |   app is suspended, suspect
  30.0 |   app is late, suspect
  31.0 |   app is deadlock, suspect
  42.0 |   SAVE the context of app, incident 100: freeze (deadlock)
  42.0 |   app is deadlock, saving
  42.0 |   KILL host 101 of app, incident 100: deadlock, by [Worker, Kernel]
  42.0 |   app is deadlock, restarting
  42.0 |   app is gone, verifying
  43.6 |   tell app: recovered (incident 100 of app)
  43.6 |   record incident 100: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 20.7, 31.7, 33.4 s
  43.6 |   app is healthy, watching
  80.0   the end
