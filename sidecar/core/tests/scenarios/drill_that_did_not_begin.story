# The drill's consent ends with the host that it was given for, and after a minute. Other freezes are asked about.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is in mode ask
  10.0   the user asks for a drill in app with a deadlock
  10.0 |   answer: go
  10.0 |   FREEZE app: Deadlock
 10.02   host 100 crashes
  10.0 |   app is gone, verifying
  11.6 |   tell app: crashrecovered (incident 1 of app)
  11.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  11.6 |   app is healthy, watching
  20.0   host 101 deadlocks
  24.0 |   app is late, suspect
  24.0 |   app is deadlock, suspect
  36.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  36.0 |   app is deadlock, saving
  36.0 |   tell the desktop, of app: ask (incident 3 of app)
  36.0 |   app is deadlock, asking
  60.0   host 101 answers again
  60.0 |   record incident 3: freeze (deadlock), CameBack; host 101 → none; verdict, act, end after 3.7, -, 39.7 s
  60.0 |   app is healthy, watching
  69.9   host 101 works for 2 s
  70.0   the user asks for a drill in app with a deadlock
  70.0 |   answer: go
  70.0 |   FREEZE app: Deadlock
 135.0   host 101 deadlocks
 139.0 |   app is late, suspect
 139.0 |   app is deadlock, suspect
 151.0 |   SAVE the context of app, incident 5: freeze (deadlock)
 151.0 |   app is deadlock, saving
 151.0 |   tell the desktop, of app: ask (incident 5 of app)
 151.0 |   app is deadlock, asking
 155.0   the end
