# A host without Lifeline is known by its socket alone. Where that is gone, frozen or not, so is all that is known.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
   5.0   host 100 closes its socket
   5.0 |   other is no longer known
  10.0   host 100 opens its socket
  10.1 |   other is healthy, watching, without Lifeline
  20.0   host 100 deadlocks
  22.1 |   other is late, suspect, without Lifeline
  24.1 |   other is deadlock, suspect, without Lifeline
  27.1 |   tell the desktop, of other: unguarded (incident 1 of other)
  27.1 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 9.0, -, - s; no snapshot
  27.1 |   other is deadlock, gaveUp, without Lifeline
  40.0   host 100 closes its socket
  40.0 |   other is no longer known
  60.0   the end
