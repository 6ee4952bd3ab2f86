# Paused at the last moment: the snapshot is there, the kill is not.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   the disk takes 3 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0   the user pauses app
  26.0 |   app is deadlock, suspect, paused
  60.0   host 100 answers again
  60.0 |   app is healthy, watching, paused
  70.0   the end
