# The same, by itself.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   0.5   app restores sessions automatically
   0.5   app continues sessions automatically
   1.0   session a of app is cut (in a panel, gone)
   1.0   session b of app is idle (in a panel, gone)
   1.0   session c of app is failed (in shell 40)
   1.0   session d of app is failed (in a panel, gone, typed since)
  10.0   host 100 crashes
  10.0 |   app is gone, verifying
  11.6 |   tell app: crashrecovered (incident 1 of app)
  11.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  11.6 |   app is healthy, watching
  15.0 |   OPEN session a in app, and let it go on
  15.0 |   OPEN session b in app
  15.0 |   TYPE “continue” for session c in the terminal of shell 40
  15.0 |   OPEN session d in app
  60.0   the end
