# It is named after the kill: then it is known at least in the end.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are found after 2.5 s
  10.0   host 100 loops without end
  14.0 |   app is late, suspect
  14.0 |   app is spinning, suspect
  31.0 |   SAVE the context of app, incident 1: freeze (spinning)
  31.0 |   NAME the culprit of host 100
  31.0 |   app is spinning, saving
  33.0 |   KILL host 100 of app, incident 1: spinning, by [MainThread, Worker, Kernel]
  33.0 |   app is spinning, restarting
  33.0 |   app is late, restarting
  33.0 |   app is gone, verifying
  34.6 |   tell app: recovered (incident 1 of app)
  34.6 |   record incident 1: freeze (spinning), Recovered; host 100 → 101; verdict, act, end after 3.9, 22.9, 24.5 s; acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  34.6 |   app is healthy, watching
  60.0   the end
