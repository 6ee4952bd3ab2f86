# A window without Lifeline may be debugged; nobody told us. That much is true: it is frozen.

   0.0   window other opens without Lifeline, with host 100 (may be debugged)
   0.1 |   other is healthy, watching, without Lifeline
  10.0   host 100 halts at a breakpoint
  12.1 |   other is late, suspect, without Lifeline
  14.1 |   other is traced, suspect, without Lifeline
  90.0   host 100 answers again
  90.1 |   other is healthy, watching, without Lifeline
 100.0   the end
