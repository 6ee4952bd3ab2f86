# The actuator looks once more and may refuse. That exit did not happen and does not count. Told once, tried again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills are refused: start time differs
  10.0   host 100 deadlocks
  13.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  25.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  25.0 |   app is deadlock, saving
  25.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  25.0 |   app is deadlock, restarting
  25.0 |   tell the desktop, of app: refused, at the last look: start time differs (incident 1 of app)
  25.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 4.4, -, - s
  25.0 |   app is deadlock, gaveUp
  36.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  36.0 |   app is deadlock, restarting
  36.0 |   app is deadlock, gaveUp
  60.0   kills work
  97.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  97.0 |   app is deadlock, restarting
  97.0 |   app is gone, verifying
  98.6 |   tell app: recovered (incident 1 of app)
  98.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 27.4, 87.4, 89.0 s
  98.6 |   app is healthy, watching
 140.0   the end
