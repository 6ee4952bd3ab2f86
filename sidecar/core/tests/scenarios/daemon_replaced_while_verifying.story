# The daemon dies between the kill and the new host. Its successor knows what was under way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   new hosts take 4 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0   the daemon dies
  28.0   the daemon starts again
  29.0 |   app is suspended, suspect
  31.0 |   app is late, suspect
  32.0 |   app is deadlock, suspect
  43.0 |   SAVE the context of app, incident 100: freeze (deadlock)
  43.0 |   app is deadlock, saving
  43.0 |   KILL host 100 of app, incident 100: deadlock, by [Worker, Kernel]
  43.0 |   app is deadlock, restarting
  43.0 |   app is gone, verifying
  47.1 |   tell app: recovered (incident 100 of app)
  47.1 |   record incident 100: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 21.9, 32.9, 37.0 s
  47.1 |   app is healthy, watching
  60.0   the end
