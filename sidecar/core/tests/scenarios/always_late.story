# We are not let run in time ourselves: nothing can be said of others. Our looks go on all the same, and count when it is over.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   ticks come 0.8 s late
   7.6 |   app is suspended, suspect
   8.3 |   app is healthy, watching
  10.0   host 100 deadlocks
  11.2 |   app is suspended, suspect
  60.0   the user confirms the restart of app
  60.0 |   SAVE the context of app, incident 1: requested (suspended)
  60.0 |   answer: started
  60.0 |   app is suspended, saving
  60.0 |   KILL host 100 of app, incident 1: suspended, by [MainThread, Kernel, Machine, User]
  60.0 |   app is suspended, restarting
  60.0 |   app is gone, verifying
  61.6 |   tell app: recovered (incident 1 of app)
  61.6 |   record incident 1: requested (suspended), Recovered; host 100 → 101; verdict, act, end after -, 49.9, 51.5 s
  61.6 |   app is healthy, watching
  65.2 |   app is suspended, suspect
  65.9 |   app is healthy, watching
  68.8 |   app is suspended, suspect
  68.9 |   app is healthy, watching
  74.2 |   app is suspended, suspect
  74.9 |   app is healthy, watching
  77.8 |   app is suspended, suspect
  77.9 |   app is healthy, watching
  80.0   host 101 deadlocks
  81.4 |   app is suspended, suspect
 120.0   ticks come 0 s late
 122.2 |   app is late, suspect
 123.2 |   app is deadlock, suspect
 134.2 |   SAVE the context of app, incident 3: freeze (deadlock)
 134.2 |   NAME the culprit of host 101
 134.2 |   app is deadlock, saving
 134.2 |   KILL host 101 of app, incident 3: deadlock, by [MainThread, Worker, Kernel]
 134.2 |   app is deadlock, restarting
 134.2 |   app is gone, verifying
 135.8 |   tell app: recovered (incident 3 of app)
 135.8 |   record incident 3: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 42.9, 53.9, 55.5 s
 135.8 |   app is healthy, watching
 150.0   the end
