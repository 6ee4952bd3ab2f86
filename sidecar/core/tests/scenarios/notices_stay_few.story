# What cannot be shown is told on the desktop once, kept, and shown once.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   the disk is full
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   tell the desktop, of app: refused, cannot save: No space left on device (incident 1 of app)
  26.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 3.9, -, - s; no snapshot
  26.0 |   app is deadlock, gaveUp
  60.0   host 100 answers again
  60.0 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 3.9, -, 49.9 s; no snapshot
  60.0 |   tell app: refused, cannot save: No space left on device (incident 1 of app)
  60.0 |   app is healthy, watching
  70.0   host 100 deadlocks
  74.0 |   app is late, suspect
  74.0 |   app is deadlock, suspect
  86.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  86.0 |   NAME the culprit of host 100
  86.0 |   app is deadlock, saving
  86.0 |   tell the desktop, of app: refused, cannot save: No space left on device (incident 3 of app)
  86.0 |   record incident 3: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 3.9, -, - s; no snapshot
  86.0 |   app is deadlock, gaveUp
 120.0   host 100 is stopped by a signal
 120.0 |   app is stopped, gaveUp
 147.0 |   tell the desktop, of app: stopped (incident 3 of app)
 147.0 |   record incident 3: freeze (stopped), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
 150.0   host 100 answers again
 150.0 |   record incident 3: freeze (stopped), CameBack; host 100 → none; verdict, act, end after -, -, 79.9 s; no snapshot
 150.0 |   tell app: refused, cannot save: No space left on device (incident 3 of app)
 150.0 |   tell app: stopped (incident 3 of app)
 150.0 |   app is healthy, watching
 160.0   the end
