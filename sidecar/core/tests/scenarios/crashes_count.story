# VS Code counts every exit that it did not ask for. After two crashes of the host itself, a kill would be the third.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 crashes
  10.0 |   app is gone, verifying
  11.6 |   tell app: crashrecovered (incident 1 of app)
  11.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  11.6 |   app is healthy, watching
  20.0   host 101 crashes
  20.0 |   app is gone, verifying
  21.6 |   tell app: crashrecovered (incident 3 of app)
  21.6 |   record incident 3: crash (gone), CrashRecovered; host 101 → 102; verdict, act, end after -, -, 1.6 s; no snapshot
  21.6 |   app is healthy, watching
  60.0   host 102 deadlocks
  64.0 |   app is late, suspect
  64.0 |   app is deadlock, suspect
  76.0 |   SAVE the context of app, incident 5: freeze (deadlock)
  76.0 |   app is deadlock, saving
  76.0 |   tell the desktop, of app: refused, restarted twice already (incident 5 of app)
  76.0 |   record incident 5: freeze (deadlock), Refused; host 102 → none; verdict, act, end after 3.7, -, - s
  76.0 |   app is deadlock, gaveUp
 100.0   host 102 answers again
 100.0 |   record incident 5: freeze (deadlock), CameBack; host 102 → none; verdict, act, end after 3.7, -, 39.7 s
 100.0 |   tell app: refused, restarted twice already (incident 5 of app)
 100.0 |   app is healthy, watching
 110.0   the end
