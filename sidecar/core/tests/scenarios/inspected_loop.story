# Nobody pauses a host in a loop without end: a debugger at its inspector is no reason to leave it alone.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 loops without end
  12.0   host 100 is seen with a debugger
  14.0 |   app is late, suspect
  14.0 |   app is spinning, suspect
  31.0 |   SAVE the context of app, incident 1: freeze (spinning)
  31.0 |   app is spinning, saving
  31.0 |   KILL host 100 of app, incident 1: spinning, by [MainThread, Worker, Kernel]
  31.0 |   app is spinning, restarting
  31.0 |   app is gone, verifying
  32.6 |   tell app: recovered (incident 1 of app)
  32.6 |   record incident 1: freeze (spinning), Recovered; host 100 → 101; verdict, act, end after 3.9, 20.9, 22.5 s
  32.6 |   app is healthy, watching
  50.0   the end
