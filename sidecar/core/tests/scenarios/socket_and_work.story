# A socket that answers is a sign of life of the main thread, as of the moment when it was asked.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 loses its worker
  20.0   host 100 works for 12 s
  23.0 |   app is late, suspect
  23.0 |   app is spinning, suspect
  32.0 |   app is healthy, watching
  50.0   host 100 works for 7 s
  53.0 |   app is late, suspect
  53.0 |   app is spinning, suspect
  57.0 |   app is healthy, watching
  70.0   the end
