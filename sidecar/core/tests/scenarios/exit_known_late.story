# The new host attaches before the end of the old one is known. It is one recovery, and one exit.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   exits are known after 4 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  27.0 |   app is gone, verifying
  27.6 |   tell app: recovered (incident 1 of app)
  27.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  27.6 |   app is healthy, watching
  60.0   host 101 crashes
  61.6 |   tell app: crashrecovered (incident 3 of app)
  61.6 |   record incident 3: crash (gone), CrashRecovered; host 101 → 102; verdict, act, end after -, -, 0.0 s; no snapshot
 100.0   host 102 deadlocks
 104.0 |   app is late, suspect
 104.0 |   app is deadlock, suspect
 116.0 |   SAVE the context of app, incident 5: freeze (deadlock)
 116.0 |   app is deadlock, saving
 116.0 |   tell the desktop, of app: refused, restarted twice already (incident 5 of app)
 116.0 |   record incident 5: freeze (deadlock), Refused; host 102 → none; verdict, act, end after 3.7, -, - s
 116.0 |   app is deadlock, gaveUp
 130.0   the end
