# Nothing is heard of the kill: the journal does not become durable. After a while it counts as not sent, and is tried again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills are lost
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  57.0 |   tell the desktop, of app: refused, cannot save: the disk has not taken the journal within 30 s (incident 1 of app)
  57.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 3.9, 15.9, - s
  57.0 |   app is deadlock, gaveUp
  60.0   kills work
 117.0 |   NAME the culprit of host 100
 117.0 |   app is deadlock, saving
 117.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 117.0 |   app is deadlock, restarting
 117.0 |   app is gone, verifying
 118.6 |   tell app: recovered (incident 1 of app)
 118.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 106.9, 108.5 s
 118.6 |   app is healthy, watching
 140.0   the end
