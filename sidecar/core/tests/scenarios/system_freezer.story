# All threads of the host are held by the system: the worker is silent as well, so nothing is certain.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 is frozen by the system
  13.0 |   app is late, suspect
 200.0   host 100 answers again
 200.0 |   app is healthy, watching
 210.0   the end
