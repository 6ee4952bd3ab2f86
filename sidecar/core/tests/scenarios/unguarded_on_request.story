# Nothing is done to a window without Lifeline, whoever asks.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
   5.0   the user asks to restart other
   5.0 |   answer: Lifeline is not in this window, so it does nothing to it. Install or enable the Lifeline extension there.
   6.0   the user confirms the restart of other
   6.0 |   answer: Lifeline is not in this window, so it does nothing to it. Install or enable the Lifeline extension there.
   7.0   the user asks to restart other when it is quiet
   7.0 |   answer: Lifeline is not in this window, so it does nothing to it. Install or enable the Lifeline extension there.
   8.0   the user asks for a drill in other with a deadlock
   8.0 |   answer: Lifeline is not in this window, so it does nothing to it. Install or enable the Lifeline extension there.
  10.0   host 100 deadlocks
  12.1 |   other is late, suspect, without Lifeline
  14.1 |   other is deadlock, suspect, without Lifeline
  17.1 |   tell the desktop, of other: unguarded (incident 1 of other)
  17.1 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 9.0, -, - s; no snapshot
  17.1 |   other is deadlock, gaveUp, without Lifeline
  30.0   the user confirms the restart of other
  30.0 |   answer: Lifeline is not in this window, so it does nothing to it. Install or enable the Lifeline extension there.
  60.0   the end
