# The host freezes before it can obey: the next rung.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  19.9   host 100 deadlocks
  20.0   the user asks to restart app
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   answer: started
  20.0 |   app is healthy, saving
  20.0 |   RESTART app gracefully, incident 1
  20.0 |   app is healthy, restarting
  24.0 |   app is late, restarting
  24.0 |   app is deadlock, restarting
  36.0 |   NAME the culprit of host 100
  36.0 |   app is deadlock, saving
  36.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  36.0 |   app is deadlock, restarting
  36.0 |   app is gone, verifying
  37.6 |   tell app: recovered (incident 1 of app)
  37.6 |   record incident 1: requested (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.0, 16.0, 17.6 s
  37.6 |   app is healthy, watching
  60.0   the end
