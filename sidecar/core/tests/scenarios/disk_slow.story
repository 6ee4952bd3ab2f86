# A slow disk delays the kill, and the host may come back in the meantime.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the disk takes 8 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  28.0   host 100 answers again
  28.0 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 3.9, -, 17.9 s; no snapshot
  28.0 |   app is healthy, watching
  50.0   host 100 deadlocks
  54.0 |   app is late, suspect
  54.0 |   app is deadlock, suspect
  66.0 |   SAVE the context of app, incident 2: freeze (deadlock)
  66.0 |   NAME the culprit of host 100
  66.0 |   app is deadlock, saving
  74.0 |   KILL host 100 of app, incident 2: deadlock, by [MainThread, Worker, Kernel]
  74.0 |   app is deadlock, restarting
  74.0 |   app is gone, verifying
  75.6 |   tell app: recovered (incident 2 of app)
  75.6 |   record incident 2: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 23.9, 25.5 s
  75.6 |   app is healthy, watching
  90.0   the end
