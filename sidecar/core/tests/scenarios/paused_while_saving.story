# Paused at the last moment: the snapshot is there, the kill is not.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   the disk takes 3 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  27.0   the user pauses app
  27.0 |   app is deadlock, saving, paused
  29.0 |   app is deadlock, suspect, paused
  60.0   host 100 answers again
  60.0 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 3.9, -, 49.9 s
  60.0 |   app is healthy, watching, paused
  70.0   the end
