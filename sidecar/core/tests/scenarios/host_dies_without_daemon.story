# A host ends and another one starts while no daemon is there. It counts, since VS Code counts it.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the daemon dies
  15.0   host 100 crashes
  20.0   the daemon starts again
  20.0 |   app is suspended, suspect
  20.0 |   app is gone, verifying
  20.3 |   tell app: crashrecovered (incident 100 of app)
  20.3 |   record incident 100: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 0.3 s; no snapshot
  20.3 |   app is healthy, watching
  30.0   host 101 deadlocks
  34.0 |   app is late, suspect
  34.0 |   app is deadlock, suspect
  46.0 |   SAVE the context of app, incident 102: freeze (deadlock)
  46.0 |   NAME the culprit of host 101
  46.0 |   app is deadlock, saving
  46.0 |   KILL host 101 of app, incident 102: deadlock, by [MainThread, Worker, Kernel]
  46.0 |   app is deadlock, restarting
  46.0 |   app is gone, verifying
  47.6 |   tell app: recovered (incident 102 of app)
  47.6 |   record incident 102: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 3.7, 15.7, 17.4 s
  47.6 |   app is healthy, watching
  70.0   host 102 deadlocks
  74.0 |   app is late, suspect
  74.0 |   app is deadlock, suspect
  86.0 |   SAVE the context of app, incident 104: freeze (deadlock)
  86.0 |   app is deadlock, saving
  86.0 |   tell the desktop, of app: refused, restarted twice already (incident 104 of app)
  86.0 |   record incident 104: freeze (deadlock), Refused; host 102 → none; verdict, act, end after 3.7, -, - s
  86.0 |   app is deadlock, gaveUp
 110.0   the end
