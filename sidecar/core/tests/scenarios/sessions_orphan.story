# Its process lost its host and goes on: only when that has ended is the session opened again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   0.5   app restores sessions automatically
   1.0   session a of app is working (in a panel, orphaned)
  10.0   host 100 crashes
  10.0 |   app is gone, verifying
  11.6 |   tell app: crashrecovered (incident 1 of app)
  11.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  11.6 |   app is healthy, watching
  60.0   session a of app is idle (in a panel, gone)
  60.0 |   OPEN session a in app
  80.0   the end
