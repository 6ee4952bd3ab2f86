# On an overloaded machine a wait may be for somebody who is not let run. When the load is gone, it counts.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the machine is overloaded
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is starved, suspect
  60.0   the machine is calm
  60.0 |   app is deadlock, suspect
  63.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  63.0 |   NAME the culprit of host 100
  63.0 |   app is deadlock, saving
  63.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  63.0 |   app is deadlock, restarting
  63.0 |   app is gone, verifying
  64.6 |   tell app: recovered (incident 1 of app)
  64.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 49.9, 52.9, 54.5 s
  64.6 |   app is healthy, watching
  70.0   the end
