# The actuator looks once more and may refuse. That exit did not happen and does not count. Told once, tried again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills are refused: start time differs
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   tell the desktop, of app: refused, at the last look: start time differs (incident 1 of app)
  26.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 3.9, -, - s
  26.0 |   app is deadlock, gaveUp
  37.0 |   NAME the culprit of host 100
  37.0 |   app is deadlock, saving
  37.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  37.0 |   app is deadlock, restarting
  37.0 |   app is deadlock, gaveUp
  60.0   kills work
  98.0 |   NAME the culprit of host 100
  98.0 |   app is deadlock, saving
  98.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  98.0 |   app is deadlock, restarting
  98.0 |   app is gone, verifying
  99.6 |   tell app: recovered (incident 1 of app)
  99.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 27.9, 87.9, 89.5 s
  99.6 |   app is healthy, watching
 140.0   the end
