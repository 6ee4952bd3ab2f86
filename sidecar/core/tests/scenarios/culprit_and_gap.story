# The machine sleeps while the culprit is looked for: no deadline from before it counts.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are found after 1.2 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.1   everything stands still for 20 s
  46.1 |   app is deadlock, suspect
  46.1 |   app is suspended, suspect
  49.1 |   app is late, suspect
  50.1 |   app is deadlock, suspect
  61.1 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel, Debugger]
  61.1 |   app is deadlock, restarting
  61.1 |   app is gone, verifying
  62.7 |   tell app: recovered (incident 1 of app)
  62.7 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 40.0, 51.0, 52.6 s; acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  62.7 |   app is healthy, watching
  80.0   the end
