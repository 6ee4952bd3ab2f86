# The end of a host without Lifeline is no crash that we know of. The next one is found by its own socket.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
  10.0   host 100 crashes
  10.0 |   other is no longer known
  11.6 |   other is healthy, watching, without Lifeline
  30.0   host 101 deadlocks
  33.6 |   other is late, suspect, without Lifeline
  35.6 |   other is deadlock, suspect, without Lifeline
  38.6 |   tell the desktop, of other: unguarded (incident 1 of other)
  38.6 |   record incident 1: freeze (deadlock), Refused; host 101 → none; verdict, act, end after 9.0, -, - s; no snapshot
  38.6 |   other is deadlock, gaveUp, without Lifeline
  50.0   host 101 crashes
  50.0 |   other is no longer known
  51.6 |   other is healthy, watching, without Lifeline
  60.0   the end
