# Its worker is lost while the culprit is looked for: what is left does not suffice, and nothing is killed.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are found after 1.2 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.1   host 100 loses its worker
  27.0 |   app is late, saving
  27.2 |   app is late, suspect
  40.0   host 100 reconnects its worker
  40.0 |   app is deadlock, suspect
  43.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel, Debugger]
  43.0 |   app is deadlock, restarting
  43.0 |   app is gone, verifying
  44.6 |   tell app: recovered (incident 1 of app)
  44.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 29.9, 32.9, 34.5 s; acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  44.6 |   app is healthy, watching
  80.0   the end
