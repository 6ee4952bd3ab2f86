# The daemon dies between the decision and the signal. Its successor finds the host alive, and looks again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills are lost
  10.0   host 100 deadlocks
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
  42.0 |   KILL host 100 of app, incident 100: deadlock, by [Worker, Kernel]
  42.0 |   app is deadlock, restarting
  42.0 |   app is gone, verifying
  43.6 |   tell app: recovered (incident 100 of app)
  43.6 |   record incident 100: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 20.9, 31.9, 33.5 s
  43.6 |   app is healthy, watching
  80.0   the end
