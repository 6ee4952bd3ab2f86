# Each freeze of a window without Lifeline is told of once.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
  10.0   host 100 deadlocks
  12.1 |   other is late, suspect, without Lifeline
  14.1 |   other is deadlock, suspect, without Lifeline
  17.1 |   tell the desktop, of other: unguarded (incident 1 of other)
  17.1 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 9.0, -, - s; no snapshot
  17.1 |   other is deadlock, gaveUp, without Lifeline
  40.0   host 100 answers again
  40.1 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 9.0, -, 35.0 s; no snapshot
  40.1 |   other is healthy, watching, without Lifeline
  60.0   host 100 deadlocks
  62.1 |   other is late, suspect, without Lifeline
  64.1 |   other is deadlock, suspect, without Lifeline
  67.1 |   tell the desktop, of other: unguarded (incident 3 of other)
  67.1 |   record incident 3: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 9.0, -, - s; no snapshot
  67.1 |   other is deadlock, gaveUp, without Lifeline
  90.0   host 100 answers again
  90.1 |   record incident 3: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 9.0, -, 35.0 s; no snapshot
  90.1 |   other is healthy, watching, without Lifeline
 100.0   the end
