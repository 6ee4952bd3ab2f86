# All threads of the host are held by the system: the worker is silent as well, so nothing is certain.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 is frozen by the system
  13.0 |   app is late, suspect
  70.0 |   tell the desktop, of app: unclear (incident 1 of app)
  70.0 |   record incident 1: freeze (late), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  70.0 |   app is late, gaveUp
 200.0   host 100 answers again
 200.0 |   record incident 1: freeze (late), CameBack; host 100 → none; verdict, act, end after -, -, 190.4 s; no snapshot
 200.0 |   tell app: unclear (incident 1 of app)
 200.0 |   app is healthy, watching
 210.0   the end
