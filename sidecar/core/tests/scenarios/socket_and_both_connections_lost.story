# Both connections are lost while it freezes, and its worker does not come back: that may be the whole process. It is told, not killed.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 deadlocks
  10.5   host 100 loses both connections
  14.0 |   app is late, suspect
  71.0 |   tell the desktop, of app: unclear (incident 1 of app)
  71.0 |   record incident 1: freeze (late), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  71.0 |   app is late, gaveUp
  90.0   the end
