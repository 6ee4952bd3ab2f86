# The machine sleeps, and what was silent then answers again: nothing to tell.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
   9.0   everything stands still for 60 s
  69.0 |   other is suspended, suspect, without Lifeline
  70.1 |   other is healthy, watching, without Lifeline
  75.0   the machine sleeps for 3600 s
  76.0 |   other is suspended, suspect, without Lifeline
  80.1 |   other is healthy, watching, without Lifeline
 100.0   the end
