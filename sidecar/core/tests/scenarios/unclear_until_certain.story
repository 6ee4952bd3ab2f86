# A host that is kept off the CPU for a minute is told of once. When it is certain what it has, the ladder goes on.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 is kept off the CPU
  14.0 |   app is late, suspect
  14.0 |   app is starved, suspect
  71.0 |   tell the desktop, of app: unclear (incident 1 of app)
  71.0 |   record incident 1: freeze (starved), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  71.0 |   app is starved, gaveUp
 100.0   host 100 deadlocks
 102.0 |   app is deadlock, gaveUp
 105.0 |   SAVE the context of app, incident 1: freeze (deadlock)
 105.0 |   NAME the culprit of host 100
 105.0 |   app is deadlock, saving
 105.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 105.0 |   app is deadlock, restarting
 105.0 |   app is gone, verifying
 106.6 |   tell app: recovered (incident 1 of app)
 106.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 91.9, 94.9, 96.5 s
 106.6 |   app is healthy, watching
 140.0   the end
