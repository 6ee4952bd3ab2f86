# … and when the child ends in time, nothing is done.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 waits for its child: npm install
  14.0 |   app is late, suspect
  14.0 |   app is onChild, suspect
  65.0   host 100 answers again
  65.0 |   app is healthy, watching
  90.0   the end
