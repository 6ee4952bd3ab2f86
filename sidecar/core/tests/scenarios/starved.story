# A host that gets no CPU would run if it could.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 gets no CPU
  13.0 |   app is late, suspect
  14.0 |   app is starved, suspect
 100.0   host 100 gets a CPU again
 100.0 |   app is healthy, watching
 110.0   the end
