# A person who pauses a window without Lifeline does not want to hear of it.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
   5.0   the user pauses other
   5.0 |   other is healthy, watching, paused, without Lifeline
  10.0   host 100 deadlocks
  12.1 |   other is late, suspect, paused, without Lifeline
  14.1 |   other is deadlock, suspect, paused, without Lifeline
  60.0   the user resumes other
  60.0 |   other is deadlock, suspect, without Lifeline
  60.1 |   tell the desktop, of other: unguarded (incident 1 of other)
  60.1 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 9.0, -, - s; no snapshot
  60.1 |   other is deadlock, gaveUp, without Lifeline
  80.0   the end
