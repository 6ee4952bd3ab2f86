# The same, but the host is still frozen after one more deadline. The first snapshot has become durable; it is enough.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the disk takes 4 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  27.5   the machine sleeps for 600 s
  28.0 |   app is suspended, suspect
  31.0 |   app is late, suspect
  32.0 |   app is deadlock, suspect
  43.0 |   NAME the culprit of host 100
  43.0 |   app is deadlock, saving
  43.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  43.0 |   app is deadlock, restarting
  43.0 |   app is gone, verifying
  44.6 |   tell app: recovered (incident 1 of app)
  44.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 21.9, 32.9, 34.5 s
  44.6 |   app is healthy, watching
  60.0   the end
