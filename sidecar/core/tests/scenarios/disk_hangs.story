# A disk that neither takes nor refuses is given 30 s. If the snapshot becomes durable after all, the retry need not save again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the disk hangs
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  56.0 |   tell the desktop, of app: refused, cannot save: the disk has not taken the snapshot within 30 s (incident 1 of app)
  56.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 3.9, -, - s; no snapshot
  56.0 |   app is deadlock, gaveUp
  80.0   incident 1 is reported saved
 116.0 |   NAME the culprit of host 100
 116.0 |   app is deadlock, saving
 116.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 116.0 |   app is deadlock, restarting
 116.0 |   app is gone, verifying
 117.6 |   tell app: recovered (incident 1 of app)
 117.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 105.9, 107.5 s
 117.6 |   app is healthy, watching
 150.0   the end
