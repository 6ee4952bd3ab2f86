# The first snapshot fails. The culprit is known by then, and the host is not halted for it again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are found after 0.2 s
   5.0   the disk is full
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   tell the desktop, of app: refused, cannot save: No space left on device (incident 1 of app)
  26.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 3.9, -, - s; no snapshot
  26.0 |   app is deadlock, gaveUp
  60.0   the disk works
  87.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  87.0 |   app is deadlock, saving
  87.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel, Debugger]
  87.0 |   app is deadlock, restarting
  87.0 |   app is gone, verifying
  88.6 |   tell app: recovered (incident 1 of app)
  88.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 76.9, 78.5 s; acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  88.6 |   app is healthy, watching
 120.0   the end
