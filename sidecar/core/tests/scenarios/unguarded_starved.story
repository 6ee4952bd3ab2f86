# A window without Lifeline that gets no CPU may be well: after a minute it is said that this is not clear.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
  10.0   host 100 gets no CPU
  12.1 |   other is late, suspect, without Lifeline
  14.1 |   other is starved, suspect, without Lifeline
  66.1 |   tell the desktop, of other: unclear (incident 1 of other)
  66.1 |   record incident 1: freeze (starved), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  66.1 |   other is starved, gaveUp, without Lifeline
 100.0   host 100 gets a CPU again
 100.1 |   record incident 1: freeze (starved), CameBack; host 100 → none; verdict, act, end after -, -, 95.0 s; no snapshot
 100.1 |   other is healthy, watching, without Lifeline
 120.0   the end
