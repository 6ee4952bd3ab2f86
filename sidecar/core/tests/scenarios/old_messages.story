# Old beats and pulses that arrive again are no signs of life. Answers about other incidents are nobody's.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 deadlocks
  10.2   host 100 says old things again and again
  12.0   incident 1 is reported saved
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  20.0   incident 7 is reported saved
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   app is gone, verifying
  26.5   incident 1 is reported saved
  26.6   incident 1 is reported not killed
  27.6 |   tell app: recovered (incident 1 of app)
  27.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  27.6 |   app is healthy, watching
  40.0   incident 1 is reported not killed
  41.0   incident 1 is reported not saved
  50.0   the end
