# The daemon dies between the decision and the signal. Its successor finds the host alive, and looks again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills are lost
  10.0   host 100 deadlocks
  13.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  25.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  25.0 |   app is deadlock, saving
  25.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  25.0 |   app is deadlock, restarting
  25.1   the daemon dies
  26.0   kills work
  27.0   the daemon starts again
  28.0 |   app is suspended, restarting
  30.0 |   app is late, restarting
  31.0 |   app is deadlock, restarting
  37.0 |   app is deadlock, suspect
  42.0 |   KILL host 100 of app, incident 1: deadlock, by [Worker, Kernel]
  42.0 |   app is deadlock, restarting
  42.0 |   app is gone, verifying
  43.6 |   tell app: recovered (incident 1 of app)
  43.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 21.4, 32.4, 34.0 s
  43.6 |   app is healthy, watching
  80.0   the end
