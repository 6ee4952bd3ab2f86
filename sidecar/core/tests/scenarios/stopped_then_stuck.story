# Continued, but stuck: what stood in the way is gone, and the ladder goes on.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 is stopped by a signal
  13.0 |   app is stopped, suspect
  25.0 |   tell the desktop, of app: stopped (incident 1 of app)
  25.0 |   record incident 1: freeze (stopped), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  25.0 |   app is stopped, gaveUp
  60.0   host 100 deadlocks
  60.0 |   app is late, gaveUp
  61.0 |   record incident 1: freeze (stopped), CameBack; host 100 → none; verdict, act, end after -, -, 51.4 s; no snapshot
  61.0 |   tell app: stopped (incident 1 of app)
  61.0 |   app is healthy, watching
  64.0 |   app is late, suspect
  64.0 |   app is deadlock, suspect
  76.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  76.0 |   NAME the culprit of host 100
  76.0 |   app is deadlock, saving
  76.0 |   KILL host 100 of app, incident 3: deadlock, by [MainThread, Worker, Kernel]
  76.0 |   app is deadlock, restarting
  76.0 |   app is gone, verifying
  77.6 |   tell app: recovered (incident 3 of app)
  77.6 |   record incident 3: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  77.6 |   app is healthy, watching
  90.0   the end
