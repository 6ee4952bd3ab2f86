# A crash: the old port is kept, and its client led to each host that follows.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 crashes
  10.0 |   BRIDGE port 20100, for whoever comes
  10.0 |   app is gone, verifying
  10.5   the client of port 20100 is there
  11.6 |   tell app: crashrecovered (incident 1 of app)
  11.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  11.6 |   BRIDGE port 20100 to port 20101
  11.6 |   app is healthy, watching
  20.0   host 101 crashes
  20.0 |   BRIDGE port 20100, for whoever comes
  20.0 |   BRIDGE port 20101, for whoever comes
  20.0 |   app is gone, verifying
  21.6 |   tell app: crashrecovered (incident 3 of app)
  21.6 |   record incident 3: crash (gone), CrashRecovered; host 101 → 102; verdict, act, end after -, -, 1.6 s; no snapshot
  21.6 |   BRIDGE port 20100 to port 20102
  21.6 |   BRIDGE port 20101 to port 20102
  21.6 |   app is healthy, watching
  60.0   the end
