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
  26.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  26.0 |   NAME the culprit of host 101
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 101 of app, incident 3: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.1   the daemon dies
  27.0   kills work
  28.0   the daemon starts again
  28.0 |   app is suspended, restarting
  31.0 |   app is late, restarting
  32.0 |   app is deadlock, restarting
  38.0 |   app is deadlock, suspect
  48.0 |   NAME the culprit of host 101
  48.0 |   app is deadlock, saving
  48.0 |   KILL host 101 of app, incident 3: deadlock, by [Worker, Kernel]
  48.0 |   app is deadlock, restarting
  48.0 |   app is gone, verifying
  49.6 |   tell app: recovered (incident 3 of app)
  49.6 |   record incident 3: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 27.7, 37.7, 39.4 s
  49.6 |   app is healthy, watching
  80.0   the end
