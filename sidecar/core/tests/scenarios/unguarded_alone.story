# Windows without Lifeline do not keep the daemon alive, frozen or not.

   0.0   window other opens without Lifeline, with host 100
   0.0   window another opens without Lifeline, with host 200
   0.1 |   other is healthy, watching, without Lifeline
   0.1 |   another is healthy, watching, without Lifeline
  10.0   host 200 deadlocks
  12.1 |   another is late, suspect, without Lifeline
  14.1 |   another is deadlock, suspect, without Lifeline
  17.1 |   tell the desktop, of another: unguarded (incident 1 of another)
  17.1 |   record incident 1: freeze (deadlock), Refused; host 200 → none; verdict, act, end after 9.0, -, - s; no snapshot
  17.1 |   another is deadlock, gaveUp, without Lifeline
 600.1 |   LEAVE
 620.0   the end
