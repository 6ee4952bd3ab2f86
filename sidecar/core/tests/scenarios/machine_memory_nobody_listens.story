# No window can show it: it is said as soon as one can.

   0.0   window app opens with host 100
   0.0   window other opens without Lifeline, with host 300
   0.0 |   app is healthy, watching
   0.1 |   other is healthy, watching, without Lifeline
  10.0   host 100 works for 10 s
  14.0 |   app is late, suspect
  14.0 |   app is spinning, suspect
  15.0   the machine has 9 % of its memory left
  18.0   the machine has 9 % of its memory left
  20.0 |   app is healthy, watching
  25.0   the machine has 9 % of its memory left
  25.0 |   tell app: 9 % of the machine's memory left
  28.0   the machine has 9 % of its memory left
  40.0   the end
