# A host that waits for a disk cannot be killed anyway, and the disk may answer.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 waits for the disk
  14.0 |   app is late, suspect
  14.0 |   app is ioStuck, suspect
  71.0 |   tell the desktop, of app: unclear (incident 1 of app)
  71.0 |   record incident 1: freeze (iostuck), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  71.0 |   app is ioStuck, gaveUp
 200.0   host 100 answers again
 200.0 |   record incident 1: freeze (iostuck), CameBack; host 100 → none; verdict, act, end after -, -, 189.9 s; no snapshot
 200.0 |   tell app: unclear (incident 1 of app)
 200.0 |   app is healthy, watching
 210.0   the end
