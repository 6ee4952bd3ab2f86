# Daemon and host stand still together for 30 s; then the machine sleeps for an hour. Nobody is late.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.3   everything stands still for 30 s
  40.3 |   app is suspended, suspect
  41.3 |   app is healthy, watching
  60.3   the machine sleeps for 3600 s
  61.3 |   app is suspended, suspect
  62.3 |   app is healthy, watching
  80.0   the end
