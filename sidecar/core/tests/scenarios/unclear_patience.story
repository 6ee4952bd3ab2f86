# Who gives a host that waits for a child ten minutes does not want to hear of an unclear one after one.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app waits 600 s for a child
  10.0   host 100 gets no CPU
  13.0 |   app is late, suspect
  14.0 |   app is starved, suspect
 610.0 |   tell the desktop, of app: unclear (incident 1 of app)
 610.0 |   record incident 1: freeze (starved), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
 610.0 |   app is starved, gaveUp
 640.0   host 100 gets a CPU again
 640.0 |   record incident 1: freeze (starved), CameBack; host 100 → none; verdict, act, end after -, -, 630.4 s; no snapshot
 640.0 |   tell app: unclear (incident 1 of app)
 640.0 |   app is healthy, watching
 650.0   the end
