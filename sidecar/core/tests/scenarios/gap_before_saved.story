# The machine sleeps while the snapshot is on its way to the disk. Its arrival finds no deadline to act on.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the disk takes 4 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0   everything stands still for 30 s
  56.0 |   app is suspended, suspect
  57.0   host 100 answers again
  57.0 |   app is healthy, watching
  65.0   the end
