# The daemon dies between the decision and the signal. Its successor finds the host alive, and looks again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills are lost
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.1   the daemon dies
  27.0   kills work
  28.0   the daemon starts again
  28.0 |   app is suspended, restarting
  31.0 |   app is late, restarting
  32.0 |   app is deadlock, restarting
  38.0 |   app is deadlock, suspect
  48.0 |   NAME the culprit of host 100
  48.0 |   app is deadlock, saving
  48.0 |   KILL host 100 of app, incident 1: deadlock, by [Worker, Kernel]
  48.0 |   app is deadlock, restarting
  48.0 |   app is gone, verifying
  49.6 |   tell app: recovered (incident 1 of app)
  49.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 27.9, 37.9, 39.5 s
  49.6 |   app is healthy, watching
  80.0   the end
