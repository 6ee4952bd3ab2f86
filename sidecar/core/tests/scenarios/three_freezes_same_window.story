# Five minutes after the first two, the budget is there again. A host that we gave up on is left alone until it answers.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 deadlocks
  13.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  25.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  25.0 |   app is deadlock, saving
  25.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  25.0 |   app is deadlock, restarting
  25.0 |   app is gone, verifying
  26.6 |   tell app: recovered (incident 1 of app)
  26.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.4, 15.4, 17.0 s
  26.6 |   app is healthy, watching
  60.0   host 101 deadlocks
  63.0 |   app is late, suspect
  64.0 |   app is deadlock, suspect
  75.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  75.0 |   app is deadlock, saving
  75.0 |   KILL host 101 of app, incident 3: deadlock, by [MainThread, Worker, Kernel]
  75.0 |   app is deadlock, restarting
  75.0 |   app is gone, verifying
  76.6 |   tell app: recovered (incident 3 of app)
  76.6 |   record incident 3: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 4.1, 15.1, 16.8 s
  76.6 |   app is healthy, watching
 110.0   host 102 deadlocks
 113.0 |   app is late, suspect
 114.0 |   app is deadlock, suspect
 125.0 |   SAVE the context of app, incident 5: freeze (deadlock)
 125.0 |   app is deadlock, saving
 125.0 |   tell the desktop, of app: refused, restarted twice already (incident 5 of app)
 125.0 |   record incident 5: freeze (deadlock), Refused; host 102 → none; verdict, act, end after 4.1, -, - s
 125.0 |   app is deadlock, gaveUp
 500.0   host 102 answers again
 500.0 |   record incident 5: freeze (deadlock), CameBack; host 102 → none; verdict, act, end after 4.1, -, 390.1 s
 500.0 |   tell app: refused, restarted twice already (incident 5 of app)
 500.0 |   app is healthy, watching
 520.0   host 102 deadlocks
 523.0 |   app is late, suspect
 524.0 |   app is deadlock, suspect
 535.0 |   SAVE the context of app, incident 7: freeze (deadlock)
 535.0 |   app is deadlock, saving
 535.0 |   KILL host 102 of app, incident 7: deadlock, by [MainThread, Worker, Kernel]
 535.0 |   app is deadlock, restarting
 535.0 |   app is gone, verifying
 536.6 |   tell app: recovered (incident 7 of app)
 536.6 |   record incident 7: freeze (deadlock), Recovered; host 102 → 103; verdict, act, end after 4.1, 15.1, 16.8 s
 536.6 |   app is healthy, watching
 560.0   the end
