# Killed, and it does not end: it must be in a wait that no signal interrupts. When it ends, the exit has been counted already.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills have no effect
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  37.0 |   tell the desktop, of app: notverified (incident 1 of app)
  37.0 |   record incident 1: freeze (deadlock), NotVerified; host 100 → none; verdict, act, end after 3.9, 15.9, - s
  37.0 |   app is deadlock, gaveUp
  60.0   host 100 crashes
  60.0 |   app is gone, verifying
  61.6 |   tell app: recovered (incident 1 of app)
  61.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 51.5 s
  61.6 |   app is healthy, watching
 100.0   host 101 deadlocks
 104.0 |   app is late, suspect
 104.0 |   app is deadlock, suspect
 116.0 |   SAVE the context of app, incident 4: freeze (deadlock)
 116.0 |   NAME the culprit of host 101
 116.0 |   app is deadlock, saving
 116.0 |   KILL host 101 of app, incident 4: deadlock, by [MainThread, Worker, Kernel]
 116.0 |   app is deadlock, restarting
 127.0 |   tell the desktop, of app: notverified (incident 4 of app)
 127.0 |   record incident 4: freeze (deadlock), NotVerified; host 101 → none; verdict, act, end after 3.7, 15.8, - s
 127.0 |   app is deadlock, gaveUp
 150.0   the end
