# Somebody else was faster at the port.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 crashes
  10.0 |   BRIDGE port 20100, for whoever comes
  10.0 |   app is gone, verifying
  10.5   port 20100 belongs to somebody else
  11.6 |   tell app: crashrecovered (incident 1 of app)
  11.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  11.6 |   app is healthy, watching
  60.0   the end
