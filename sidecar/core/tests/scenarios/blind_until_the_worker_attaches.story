# Nobody watched the main thread until its worker attached. Its silence counts from there, not from before.

   0.0   window app opens with host 100 (main only)
   0.0 |   app is healthy, watching
  10.0   host 100 loses both connections
  13.0 |   app is late, suspect
  60.0   host 100 deadlocks
  60.5   host 100 reconnects its worker
  61.0 |   app is suspended, suspect
  64.0 |   app is late, suspect
  65.0 |   app is deadlock, suspect
  76.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  76.0 |   NAME the culprit of host 100
  76.0 |   app is deadlock, saving
  76.0 |   KILL host 100 of app, incident 1: deadlock, by [Worker, Kernel]
  76.0 |   app is deadlock, restarting
  76.0 |   app is gone, verifying
  77.6 |   tell app: recovered (incident 1 of app)
  77.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 55.8, 66.8, 68.4 s
  77.6 |   app is healthy, watching
  90.0   the end
