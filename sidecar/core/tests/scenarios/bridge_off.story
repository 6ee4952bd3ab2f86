# The user does not want it, or has paused us.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
   1.0   app keeps no ports
  10.0   host 100 crashes
  10.0 |   app is gone, verifying
  11.6 |   tell app: crashrecovered (incident 1 of app)
  11.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  11.6 |   app is healthy, watching
  20.0   the end
