# The host answers while the culprit is looked for. Nothing is killed, and what comes after is no news.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are found after 1 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.5   host 100 answers again
  26.5 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 3.9, -, 16.4 s
  26.5 |   app is healthy, watching
  40.0   host 100 deadlocks
  44.0 |   app is late, suspect
  44.0 |   app is deadlock, suspect
  56.0 |   SAVE the context of app, incident 2: freeze (deadlock)
  56.0 |   NAME the culprit of host 100
  56.0 |   app is deadlock, saving
  57.0 |   KILL host 100 of app, incident 2: deadlock, by [MainThread, Worker, Kernel, Debugger]
  57.0 |   app is deadlock, restarting
  57.0 |   app is gone, verifying
  58.6 |   tell app: recovered (incident 2 of app)
  58.6 |   record incident 2: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 16.9, 18.5 s; acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  58.6 |   app is healthy, watching
  80.0   the end
