# The daemon dies while the disk works. No answer of that disk will come.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the disk takes 3 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  27.0   the daemon dies
  30.0   the daemon starts again
  30.0 |   app is deadlock, suspect
  30.0 |   app is suspended, suspect
  33.0 |   app is late, suspect
  34.0 |   app is deadlock, suspect
  45.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  45.0 |   NAME the culprit of host 100
  45.0 |   app is deadlock, saving
  48.0 |   KILL host 100 of app, incident 1: deadlock, by [Worker, Kernel]
  48.0 |   app is deadlock, restarting
  48.0 |   app is gone, verifying
  49.6 |   tell app: recovered (incident 1 of app)
  49.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 23.9, 37.9, 39.5 s
  49.6 |   app is healthy, watching
  80.0   the end
