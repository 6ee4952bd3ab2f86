# A probe was missed, and then the socket was closed: that miss says nothing of a later freeze.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 works for 2.5 s
  15.0   host 100 closes its socket
  60.0   host 100 loses its worker
  70.0   host 100 deadlocks
  73.0 |   app is late, suspect
 100.0   host 100 answers again
 100.0 |   app is healthy, watching
 110.0   the end
