# Killed, and it does not end: it must be in a wait that no signal interrupts. When it ends, the exit has been counted already.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills have no effect
  10.0   host 100 deadlocks
  13.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  25.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  25.0 |   app is deadlock, saving
  25.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  25.0 |   app is deadlock, restarting
  36.0 |   tell the desktop, of app: notverified (incident 1 of app)
  36.0 |   record incident 1: freeze (deadlock), NotVerified; host 100 → none; verdict, act, end after 4.4, 15.4, - s
  36.0 |   app is deadlock, gaveUp
  60.0   host 100 crashes
  60.0 |   app is gone, verifying
  61.6 |   tell app: recovered (incident 1 of app)
  61.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.4, 15.4, 52.0 s
  61.6 |   app is healthy, watching
 100.0   host 101 deadlocks
 103.0 |   app is late, suspect
 104.0 |   app is deadlock, suspect
 115.0 |   SAVE the context of app, incident 4: freeze (deadlock)
 115.0 |   app is deadlock, saving
 115.0 |   KILL host 101 of app, incident 4: deadlock, by [MainThread, Worker, Kernel]
 115.0 |   app is deadlock, restarting
 126.0 |   tell the desktop, of app: notverified (incident 4 of app)
 126.0 |   record incident 4: freeze (deadlock), NotVerified; host 101 → none; verdict, act, end after 4.2, 15.2, - s
 126.0 |   app is deadlock, gaveUp
 150.0   the end
