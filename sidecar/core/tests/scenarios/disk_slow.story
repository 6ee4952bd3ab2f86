# A slow disk delays the kill, and the host may come back in the meantime.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the disk takes 8 s
  10.0   host 100 deadlocks
  13.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  25.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  25.0 |   app is deadlock, saving
  28.0   host 100 answers again
  28.0 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 4.4, -, 18.4 s; no snapshot
  28.0 |   app is healthy, watching
  50.0   host 100 deadlocks
  53.0 |   app is late, suspect
  54.0 |   app is deadlock, suspect
  65.0 |   SAVE the context of app, incident 2: freeze (deadlock)
  65.0 |   app is deadlock, saving
  73.0 |   KILL host 100 of app, incident 2: deadlock, by [MainThread, Worker, Kernel]
  73.0 |   app is deadlock, restarting
  73.0 |   app is gone, verifying
  74.6 |   tell app: recovered (incident 2 of app)
  74.6 |   record incident 2: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.4, 23.4, 25.0 s
  74.6 |   app is healthy, watching
  90.0   the end
