# Somebody else ends the host about which we were asking. The question goes, the case is closed as what it was.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is in mode ask
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   app is deadlock, saving
  26.0 |   tell the desktop, of app: ask (incident 1 of app)
  26.0 |   app is deadlock, asking
  60.0   host 100 crashes
  60.0 |   app is gone, verifying
  61.6 |   tell app: crashrecovered (incident 1 of app)
  61.6 |   record incident 1: freeze (deadlock), CrashRecovered; host 100 → 101; verdict, act, end after 3.9, -, 51.5 s
  61.6 |   app is healthy, watching
  70.0   the end
