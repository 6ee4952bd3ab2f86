# The mode changes while the disk works: what is done is what the user wants now.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   the disk takes 5 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  27.0   app is in mode ask
  31.0 |   tell the desktop, of app: ask (incident 1 of app)
  31.0 |   app is deadlock, asking
  60.0   app is in mode automatic
  60.0 |   NAME the culprit of host 100
  60.0 |   app is deadlock, saving
  60.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  60.0 |   app is deadlock, restarting
  60.0 |   app is gone, verifying
  61.6 |   tell app: recovered (incident 1 of app)
  61.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 49.9, 51.5 s
  61.6 |   app is healthy, watching
  80.0   the end
