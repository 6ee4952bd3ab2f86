# Even the most impatient user's new host gets ten seconds to activate its extensions.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app restarts a deadlocked host after 5 s
   3.0   host 100 deadlocks
   7.0 |   app is late, suspect
   7.0 |   app is deadlock, suspect
  10.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  10.0 |   NAME the culprit of host 100
  10.0 |   app is deadlock, saving
  10.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  10.0 |   app is deadlock, restarting
  10.0 |   app is gone, verifying
  11.6 |   tell app: recovered (incident 1 of app)
  11.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 6.9, 8.5 s
  11.6 |   app is healthy, watching
  13.0   host 101 deadlocks
  17.0 |   app is late, suspect
  17.0 |   app is deadlock, suspect
  22.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  22.0 |   NAME the culprit of host 101
  22.0 |   app is deadlock, saving
  22.0 |   KILL host 101 of app, incident 3: deadlock, by [MainThread, Worker, Kernel]
  22.0 |   app is deadlock, restarting
  22.0 |   app is gone, verifying
  23.6 |   tell app: recovered (incident 3 of app)
  23.6 |   record incident 3: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 3.7, 8.7, 10.3 s
  23.6 |   app is healthy, watching
  30.0   the end
