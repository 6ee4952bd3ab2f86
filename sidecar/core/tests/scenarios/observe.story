# Mode observe: it is said, and nothing is done. A change of mind counts.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is in mode observe
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   app is deadlock, saving
  26.0 |   tell the desktop, of app: observed (incident 1 of app)
  26.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 3.9, -, - s
  26.0 |   app is deadlock, gaveUp
 100.0   app is in mode automatic
 100.0 |   NAME the culprit of host 100
 100.0 |   app is deadlock, saving
 100.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 100.0 |   app is deadlock, restarting
 100.0 |   app is gone, verifying
 101.6 |   tell app: recovered (incident 1 of app)
 101.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 89.9, 91.5 s
 101.6 |   app is healthy, watching
 120.0   the end
