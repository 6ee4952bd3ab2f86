# The daemon dies between the kill and the new host. Its successor knows what was under way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   new hosts take 4 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   app is gone, verifying
  27.0   the daemon dies
  29.0   the daemon starts again
  30.1 |   tell app: recovered (incident 1 of app)
  30.1 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 20.0 s
  30.1 |   app is healthy, watching
  60.0   the end
