# The daemon dies between the kill and the new host. Its successor knows what was under way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   new hosts take 4 s
  10.0   host 100 deadlocks
  13.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  25.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  25.0 |   app is deadlock, saving
  25.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  25.0 |   app is deadlock, restarting
  25.0 |   app is gone, verifying
  26.0   the daemon dies
  28.0   the daemon starts again
  29.1 |   tell app: recovered (incident 1 of app)
  29.1 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.4, 15.4, 19.5 s
  29.1 |   app is healthy, watching
  60.0   the end
