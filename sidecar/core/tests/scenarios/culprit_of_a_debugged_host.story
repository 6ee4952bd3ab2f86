# Whoever debugs a host has its debugger. It is not taken away to find a name.

   0.0   window app opens with host 100 (may be debugged)
   0.0 |   app is healthy, watching
   1.0   culprits are found after 0.2 s
  10.0   host 100 loops without end
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
  60.0   the end
