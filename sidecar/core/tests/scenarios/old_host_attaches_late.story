# A worker of the host before reconnects while it is being shut down. It does not become the window's host again.

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
  30.0   host 100 attaches late
  50.0   host 101 deadlocks
  54.0 |   app is late, suspect
  54.0 |   app is deadlock, suspect
  66.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  66.0 |   NAME the culprit of host 101
  66.0 |   app is deadlock, saving
  66.0 |   KILL host 101 of app, incident 3: deadlock, by [MainThread, Worker, Kernel]
  66.0 |   app is deadlock, restarting
  66.0 |   app is gone, verifying
  67.6 |   tell app: recovered (incident 3 of app)
  67.6 |   record incident 3: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 3.7, 15.7, 17.3 s
  67.6 |   app is healthy, watching
  90.0   the end
