# A worker of the host before reconnects while it is being shut down. It does not become the window's host again.

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
  30.0   host 100 attaches late
  50.0   host 101 deadlocks
  53.0 |   app is late, suspect
  54.0 |   app is deadlock, suspect
  65.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  65.0 |   app is deadlock, saving
  65.0 |   KILL host 101 of app, incident 3: deadlock, by [MainThread, Worker, Kernel]
  65.0 |   app is deadlock, restarting
  65.0 |   app is gone, verifying
  66.6 |   tell app: recovered (incident 3 of app)
  66.6 |   record incident 3: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 4.1, 15.1, 16.8 s
  66.6 |   app is healthy, watching
  90.0   the end
