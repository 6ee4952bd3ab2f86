# What is unclear, then stopped, then unclear again is told of once.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 gets no CPU
  13.0 |   app is late, suspect
  14.0 |   app is starved, suspect
  70.0 |   tell the desktop, of app: unclear (incident 1 of app)
  70.0 |   record incident 1: freeze (starved), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  70.0 |   app is starved, gaveUp
  90.0   host 100 is stopped by a signal
  90.0 |   app is stopped, gaveUp
 150.0   host 100 gets no CPU
 150.0 |   app is starved, gaveUp
 300.0   host 100 gets a CPU again
 300.0 |   record incident 1: freeze (starved), CameBack; host 100 → none; verdict, act, end after -, -, 290.4 s; no snapshot
 300.0 |   tell app: unclear (incident 1 of app)
 300.0 |   app is healthy, watching
 320.0   the end
