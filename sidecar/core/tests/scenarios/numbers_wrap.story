# The numbers of beats and pulses wrap around, and so does the counter.

   0.0   window app opens with host 100 (counts from 4294967280)
   0.0 |   app is healthy, watching
  60.0   host 100 deadlocks
  64.0 |   app is late, suspect
  64.0 |   app is deadlock, suspect
  76.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  76.0 |   NAME the culprit of host 100
  76.0 |   app is deadlock, saving
  76.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  76.0 |   app is deadlock, restarting
  76.0 |   app is gone, verifying
  77.6 |   tell app: recovered (incident 1 of app)
  77.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  77.6 |   app is healthy, watching
  90.0   the end
