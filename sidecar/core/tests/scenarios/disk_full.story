# No snapshot, no kill. It is told once, tried again each minute, and done when the disk takes it.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
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
  87.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  87.0 |   NAME the culprit of host 100
  87.0 |   app is deadlock, saving
  87.0 |   app is deadlock, gaveUp
 148.0 |   SAVE the context of app, incident 1: freeze (deadlock)
 148.0 |   NAME the culprit of host 100
 148.0 |   app is deadlock, saving
 148.0 |   app is deadlock, gaveUp
 180.0   the disk works
 209.0 |   SAVE the context of app, incident 1: freeze (deadlock)
 209.0 |   NAME the culprit of host 100
 209.0 |   app is deadlock, saving
 209.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 209.0 |   app is deadlock, restarting
 209.0 |   app is gone, verifying
 210.6 |   tell app: recovered (incident 1 of app)
 210.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 198.9, 200.5 s
 210.6 |   app is healthy, watching
 240.0   the end
