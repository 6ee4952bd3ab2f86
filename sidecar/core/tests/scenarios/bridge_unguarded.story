# The ports of windows without Lifeline are nobody's business.

   0.0   window app opens without Lifeline, with host 100
   0.1 |   app is healthy, watching, without Lifeline
  10.0   host 100 crashes
  10.0 |   app is no longer known
  11.6 |   app is healthy, watching, without Lifeline
  20.0   the end
