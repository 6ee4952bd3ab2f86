# The main thread's connection is lost, the worker's is not: the counter tells life from death.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 loses its main connection
  60.0   host 100 deadlocks
  63.0 |   app is late, suspect
  64.0 |   app is deadlock, suspect
  75.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  75.0 |   app is deadlock, saving
  75.0 |   KILL host 100 of app, incident 1: deadlock, by [Worker, Kernel]
  75.0 |   app is deadlock, restarting
  75.0 |   app is gone, verifying
  76.6 |   tell app: recovered (incident 1 of app)
  76.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.4, 15.4, 17.0 s
  76.6 |   app is healthy, watching
 100.0   the end
