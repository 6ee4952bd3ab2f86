# No snapshot, no kill. It is told once, tried again each minute, and done when the disk takes it.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the disk is full
  10.0   host 100 deadlocks
  13.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  25.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  25.0 |   app is deadlock, saving
  25.0 |   tell the desktop, of app: refused, cannot save: No space left on device (incident 1 of app)
  25.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 4.4, -, - s; no snapshot
  25.0 |   app is deadlock, gaveUp
  86.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  86.0 |   app is deadlock, saving
  86.0 |   app is deadlock, gaveUp
 147.0 |   SAVE the context of app, incident 1: freeze (deadlock)
 147.0 |   app is deadlock, saving
 147.0 |   app is deadlock, gaveUp
 180.0   the disk works
 208.0 |   SAVE the context of app, incident 1: freeze (deadlock)
 208.0 |   app is deadlock, saving
 208.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 208.0 |   app is deadlock, restarting
 208.0 |   app is gone, verifying
 209.6 |   tell app: recovered (incident 1 of app)
 209.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.4, 198.4, 200.0 s
 209.6 |   app is healthy, watching
 240.0   the end
