# A host ends and another one starts while no daemon is there. It counts, since VS Code counts it.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the daemon dies
  15.0   host 100 crashes
  20.0   the daemon starts again
  20.0 |   app is gone, verifying
  20.3 |   tell app: crashrecovered (incident 100 of app)
  20.3 |   record incident 100: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 0.3 s; no snapshot
  20.3 |   app is healthy, watching
  30.0   host 101 deadlocks
  33.0 |   app is late, suspect
  34.0 |   app is deadlock, suspect
  45.0 |   SAVE the context of app, incident 102: freeze (deadlock)
  45.0 |   app is deadlock, saving
  45.0 |   KILL host 101 of app, incident 102: deadlock, by [MainThread, Worker, Kernel]
  45.0 |   app is deadlock, restarting
  45.0 |   app is gone, verifying
  46.6 |   tell app: recovered (incident 102 of app)
  46.6 |   record incident 102: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 4.2, 15.2, 16.8 s
  46.6 |   app is healthy, watching
  70.0   host 102 deadlocks
  73.0 |   app is late, suspect
  74.0 |   app is deadlock, suspect
  85.0 |   SAVE the context of app, incident 104: freeze (deadlock)
  85.0 |   app is deadlock, saving
  85.0 |   tell the desktop, of app: refused, restarted twice already (incident 104 of app)
  85.0 |   record incident 104: freeze (deadlock), Refused; host 102 → none; verdict, act, end after 4.1, -, - s
  85.0 |   app is deadlock, gaveUp
 110.0   the end
