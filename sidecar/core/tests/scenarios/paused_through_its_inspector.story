# A debugger that attached later, through the inspector: no deadlock, however long it takes.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 is paused through its inspector
  14.0 |   app is late, suspect
  14.0 |   app is traced, suspect
 100.0   host 100 answers again
 100.0 |   app is healthy, watching
 110.0   host 100 deadlocks
 114.0 |   app is late, suspect
 114.0 |   app is deadlock, suspect
 126.0 |   SAVE the context of app, incident 1: freeze (deadlock)
 126.0 |   NAME the culprit of host 100
 126.0 |   app is deadlock, saving
 126.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 126.0 |   app is deadlock, restarting
 126.0 |   app is gone, verifying
 127.6 |   tell app: recovered (incident 1 of app)
 127.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
 127.6 |   app is healthy, watching
 140.0   the end
