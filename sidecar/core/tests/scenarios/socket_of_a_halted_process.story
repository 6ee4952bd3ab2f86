# A worker that is silent as well points to something outside the process. The socket's silence does not change that.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 is frozen by the system
  13.0 |   app is late, suspect
  70.0 |   tell the desktop, of app: unclear (incident 1 of app)
  70.0 |   record incident 1: freeze (late), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  70.0 |   app is late, gaveUp
 100.0   host 100 answers again
 100.0 |   record incident 1: freeze (late), CameBack; host 100 → none; verdict, act, end after -, -, 90.4 s; no snapshot
 100.0 |   tell app: unclear (incident 1 of app)
 100.0 |   app is healthy, watching
 110.0   the end
