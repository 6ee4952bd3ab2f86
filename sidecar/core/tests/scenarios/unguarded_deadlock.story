# A window without Lifeline freezes right after its socket answered: the desktop says so within 15 s. Nothing is done to it.

   0.0   all evidence is written down
   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
 10.07   host 100 deadlocks
  17.1 |   other is late, suspect, without Lifeline
  19.1 |   other is deadlock, suspect, without Lifeline
  22.1 |   tell the desktop, of other: unguarded (incident 1 of other)
  22.1 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 9.0, -, - s; no snapshot
  22.1 |   other is deadlock, gaveUp, without Lifeline
  60.0   host 100 answers again
  60.1 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 9.0, -, 50.0 s; no snapshot
  60.1 |   other is healthy, watching, without Lifeline
  80.0   the end
