# The same with a loop. It is told of once, however long it lasts.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
  12.0   host 100 loops without end
  17.1 |   other is late, suspect, without Lifeline
  19.1 |   other is spinning, suspect, without Lifeline
  22.1 |   tell the desktop, of other: unguarded (incident 1 of other)
  22.1 |   record incident 1: freeze (spinning), Refused; host 100 → none; verdict, act, end after 9.0, -, - s; no snapshot
  22.1 |   other is spinning, gaveUp, without Lifeline
 600.0   host 100 answers again
 600.1 |   LEAVE
 600.1 |   record incident 1: freeze (spinning), CameBack; host 100 → none; verdict, act, end after 9.0, -, 590.0 s; no snapshot
 600.1 |   other is healthy, watching, without Lifeline
 620.0   the end
