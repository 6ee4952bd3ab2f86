# Neither the disk nor the debugger says anything: nothing is killed.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are never reported
   1.0   the disk hangs
  10.0   host 100 loops without end
  14.0 |   app is late, suspect
  14.0 |   app is spinning, suspect
  31.0 |   SAVE the context of app, incident 1: freeze (spinning)
  31.0 |   NAME the culprit of host 100
  31.0 |   app is spinning, saving
  61.0 |   tell the desktop, of app: refused, cannot save: the disk has not taken the snapshot within 30 s (incident 1 of app)
  61.0 |   record incident 1: freeze (spinning), Refused; host 100 → none; verdict, act, end after 3.9, -, - s; no snapshot
  61.0 |   app is spinning, gaveUp
  80.0   host 100 answers again
  80.0 |   record incident 1: freeze (spinning), CameBack; host 100 → none; verdict, act, end after 3.9, -, 69.9 s; no snapshot
  80.0 |   tell app: refused, cannot save: the disk has not taken the snapshot within 30 s (incident 1 of app)
  80.0 |   app is healthy, watching
  90.0   the end
