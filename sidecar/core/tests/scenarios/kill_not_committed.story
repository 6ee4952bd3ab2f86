# The journal could not be made durable before the signal: not sent, not counted, told once, tried again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills cannot be committed
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   tell the desktop, of app: refused, cannot save: No space left on device (incident 1 of app)
  26.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 3.9, -, - s
  26.0 |   app is deadlock, gaveUp
  87.0 |   NAME the culprit of host 100
  87.0 |   app is deadlock, saving
  87.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  87.0 |   app is deadlock, restarting
  87.0 |   app is deadlock, gaveUp
 100.0   kills work
 148.0 |   NAME the culprit of host 100
 148.0 |   app is deadlock, saving
 148.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 148.0 |   app is deadlock, restarting
 148.0 |   app is gone, verifying
 149.6 |   tell app: recovered (incident 1 of app)
 149.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 77.9, 137.9, 139.5 s
 149.6 |   app is healthy, watching
 160.0   host 101 deadlocks
 164.0 |   app is late, suspect
 164.0 |   app is deadlock, suspect
 176.0 |   SAVE the context of app, incident 4: freeze (deadlock)
 176.0 |   NAME the culprit of host 101
 176.0 |   app is deadlock, saving
 176.0 |   KILL host 101 of app, incident 4: deadlock, by [MainThread, Worker, Kernel]
 176.0 |   app is deadlock, restarting
 176.0 |   app is gone, verifying
 177.6 |   tell app: recovered (incident 4 of app)
 177.6 |   record incident 4: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 3.7, 15.7, 17.3 s
 177.6 |   app is healthy, watching
 200.0   the end
