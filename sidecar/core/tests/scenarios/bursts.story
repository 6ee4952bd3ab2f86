# Three times 4 s of honest synchronous work.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 works for 4 s
  14.0 |   app is late, suspect
  14.0 |   app is healthy, watching
  15.0   host 100 works for 4 s
  19.0 |   app is late, suspect
  19.0 |   app is healthy, watching
  20.0   host 100 works for 4 s
  24.0 |   app is late, suspect
  24.0 |   app is healthy, watching
  40.0   the end
