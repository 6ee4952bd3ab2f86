# The machine sleeps while the snapshot is on its way to the disk. Its arrival finds no deadline to act on.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the disk takes 4 s
  10.0   host 100 deadlocks
  13.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  25.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  25.0 |   app is deadlock, saving
  26.0   everything stands still for 30 s
  56.0 |   app is deadlock, suspect
  57.0 |   app is suspended, suspect
  57.0   host 100 answers again
  57.0 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 4.4, -, 47.4 s
  57.0 |   app is healthy, watching
  65.0   the end
