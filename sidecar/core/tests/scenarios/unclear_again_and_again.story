# A host that answers once a minute, for want of a CPU, is told of once in half an hour.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 gets no CPU
  13.0 |   app is late, suspect
  14.0 |   app is starved, suspect
  70.0 |   tell the desktop, of app: unclear (incident 1 of app)
  70.0 |   record incident 1: freeze (starved), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  70.0 |   app is starved, gaveUp
  80.0   host 100 gets a CPU again
  80.0 |   record incident 1: freeze (starved), CameBack; host 100 → none; verdict, act, end after -, -, 70.4 s; no snapshot
  80.0 |   tell app: unclear (incident 1 of app)
  80.0 |   app is healthy, watching
  81.0   host 100 gets no CPU
  84.0 |   app is late, suspect
  85.0 |   app is starved, suspect
 150.0   host 100 gets a CPU again
 150.0 |   app is healthy, watching
 151.0   host 100 gets no CPU
 154.0 |   app is late, suspect
 155.0 |   app is starved, suspect
1870.0 |   tell the desktop, of app: unclear (incident 3 of app)
1870.0 |   record incident 3: freeze (starved), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
1870.0 |   app is starved, gaveUp
2000.0   host 100 gets a CPU again
2000.0 |   record incident 3: freeze (starved), CameBack; host 100 → none; verdict, act, end after -, -, 1849.4 s; no snapshot
2000.0 |   tell app: unclear (incident 3 of app)
2000.0 |   app is healthy, watching
2010.0   the end
