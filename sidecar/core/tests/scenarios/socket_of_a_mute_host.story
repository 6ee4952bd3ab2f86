# Lifeline in it is mute, but its socket answers: the host is well.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 runs, but Lifeline in it is mute
  14.0 |   app is late, suspect
  15.1 |   app is healthy, watching
 100.0   host 100 answers again
 110.0   the end
