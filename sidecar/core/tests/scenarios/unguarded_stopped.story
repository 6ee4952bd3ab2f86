# A window without Lifeline whose host somebody stopped: that is what is said.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
  10.0   host 100 is stopped by a signal
  12.1 |   other is late, suspect, without Lifeline
  12.1 |   other is stopped, suspect, without Lifeline
  21.1 |   tell the desktop, of other: stopped (incident 1 of other)
  21.1 |   record incident 1: freeze (stopped), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  21.1 |   other is stopped, gaveUp, without Lifeline
  60.0   host 100 is continued
  60.1 |   other is deadlock, gaveUp, without Lifeline
  60.1 |   record incident 1: freeze (stopped), CameBack; host 100 → none; verdict, act, end after -, -, 55.0 s; no snapshot
  60.1 |   other is healthy, watching, without Lifeline
  80.0   the end
