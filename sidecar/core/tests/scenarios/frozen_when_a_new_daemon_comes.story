# The same, but the worker has a copy of both: the daemon is new, the window is not.

   0.0   window app opens with host 100 (worker only, frozen, with a copy)
   0.0 |   app is healthy, watching
   1.0 |   app is suspended, suspect
   4.0 |   app is late, suspect
   4.0 |   app is deadlock, suspect
  16.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  16.0 |   NAME the culprit of host 100
  16.0 |   app is deadlock, saving
  16.0 |   KILL host 100 of app, incident 1: deadlock, by [Worker, Kernel]
  16.0 |   app is deadlock, restarting
  16.0 |   app is gone, verifying
  17.6 |   tell app: recovered (incident 1 of app)
  17.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.0, 16.0, 17.6 s
  17.6 |   app is healthy, watching
  40.0   the end
