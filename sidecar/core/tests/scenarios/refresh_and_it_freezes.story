# It freezes while it waits for its quiet moment: a freeze weighs more.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 5 min
 290.0   app begins a turn
 300.3 |   app is healthy, watching, waits for a turn of Claude
 310.0   host 100 deadlocks
 314.0 |   app is late, suspect
 314.0 |   app is deadlock, suspect
 326.0 |   SAVE the context of app, incident 1: freeze (deadlock)
 326.0 |   NAME the culprit of host 100
 326.0 |   app is deadlock, saving
 326.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 326.0 |   app is deadlock, restarting
 326.0 |   app is gone, verifying
 327.6 |   tell app: recovered (incident 1 of app)
 327.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
 327.6 |   app is healthy, watching
 360.0   the end
