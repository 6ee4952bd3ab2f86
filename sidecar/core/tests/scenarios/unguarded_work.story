# Honest work in a window without Lifeline is nobody's business.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
 10.01   host 100 works for 6 s
  12.1 |   other is late, suspect, without Lifeline
  14.1 |   other is spinning, suspect, without Lifeline
  16.0 |   other is healthy, watching, without Lifeline
 30.06   host 100 works for 4 s
  32.1 |   other is late, suspect, without Lifeline
  34.1 |   other is spinning, suspect, without Lifeline
  35.1 |   other is late, suspect, without Lifeline
  35.1 |   other is healthy, watching, without Lifeline
  50.0   the end
