# The machine sleeps while a window without Lifeline is frozen. It is still the same freeze, and told of once.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
  10.0   host 100 deadlocks
  12.1 |   other is late, suspect, without Lifeline
  14.1 |   other is deadlock, suspect, without Lifeline
  17.1 |   tell the desktop, of other: unguarded (incident 1 of other)
  17.1 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 9.0, -, - s; no snapshot
  17.1 |   other is deadlock, gaveUp, without Lifeline
  40.0   the machine sleeps for 3600 s
  40.1 |   other is suspended, gaveUp, without Lifeline
  47.1 |   other is deadlock, gaveUp, without Lifeline
  60.0   everything stands still for 30 s
  90.0 |   other is suspended, gaveUp, without Lifeline
  97.0 |   other is deadlock, gaveUp, without Lifeline
 120.0   host 100 answers again
 120.1 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 9.0, -, 115.0 s; no snapshot
 120.1 |   other is healthy, watching, without Lifeline
 140.0   the end
