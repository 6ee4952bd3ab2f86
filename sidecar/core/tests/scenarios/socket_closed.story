# A socket that is closed says nothing, and least of all that its host is frozen.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 closes its socket
  60.0   host 100 loses its worker
  70.0   host 100 deadlocks
  73.0 |   app is late, suspect
  80.0   host 100 answers again
  80.0 |   app is healthy, watching
  90.0   the end
