# Five minutes after the first two, the budget is there again. A host that we gave up on is left alone until it answers.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   app is gone, verifying
  27.6 |   tell app: recovered (incident 1 of app)
  27.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  27.6 |   app is healthy, watching
  60.0   host 101 deadlocks
  64.0 |   app is late, suspect
  64.0 |   app is deadlock, suspect
  76.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  76.0 |   NAME the culprit of host 101
  76.0 |   app is deadlock, saving
  76.0 |   KILL host 101 of app, incident 3: deadlock, by [MainThread, Worker, Kernel]
  76.0 |   app is deadlock, restarting
  76.0 |   app is gone, verifying
  77.6 |   tell app: recovered (incident 3 of app)
  77.6 |   record incident 3: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 3.7, 15.7, 17.3 s
  77.6 |   app is healthy, watching
 110.0   host 102 deadlocks
 114.0 |   app is late, suspect
 114.0 |   app is deadlock, suspect
 126.0 |   SAVE the context of app, incident 5: freeze (deadlock)
 126.0 |   app is deadlock, saving
 126.0 |   tell the desktop, of app: refused, restarted twice already (incident 5 of app)
 126.0 |   record incident 5: freeze (deadlock), Refused; host 102 → none; verdict, act, end after 3.7, -, - s
 126.0 |   app is deadlock, gaveUp
 500.0   host 102 answers again
 500.0 |   record incident 5: freeze (deadlock), CameBack; host 102 → none; verdict, act, end after 3.7, -, 389.7 s
 500.0 |   tell app: refused, restarted twice already (incident 5 of app)
 500.0 |   app is healthy, watching
 520.0   host 102 deadlocks
 524.0 |   app is late, suspect
 524.0 |   app is deadlock, suspect
 536.0 |   SAVE the context of app, incident 7: freeze (deadlock)
 536.0 |   NAME the culprit of host 102
 536.0 |   app is deadlock, saving
 536.0 |   KILL host 102 of app, incident 7: deadlock, by [MainThread, Worker, Kernel]
 536.0 |   app is deadlock, restarting
 536.0 |   app is gone, verifying
 537.6 |   tell app: recovered (incident 7 of app)
 537.6 |   record incident 7: freeze (deadlock), Recovered; host 102 → 103; verdict, act, end after 3.7, 15.7, 17.3 s
 537.6 |   app is healthy, watching
 560.0   the end
