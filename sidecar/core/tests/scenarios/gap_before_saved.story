# The machine sleeps while the snapshot is on its way to the disk. Its arrival finds no deadline to act on.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the disk takes 4 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  27.0   everything stands still for 30 s
  57.0 |   app is deadlock, suspect
  57.0 |   app is suspended, suspect
  58.5   host 100 answers again
  58.5 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 3.9, -, 48.4 s
  58.5 |   app is healthy, watching
  65.0   the end
