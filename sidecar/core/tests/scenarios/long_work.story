# Honest work of 18 s ends before the deadline of a loop.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 works for 18 s
  14.0 |   app is late, suspect
  14.0 |   app is spinning, suspect
  28.0 |   app is healthy, watching
  40.0   the end
