# Nobody has used the old port for ten minutes: it is given back.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 crashes
  10.0 |   BRIDGE port 20100, for whoever comes
  10.0 |   app is gone, verifying
  11.6 |   tell app: crashrecovered (incident 1 of app)
  11.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  11.6 |   BRIDGE port 20100 to port 20101
  11.6 |   app is healthy, watching
  20.0   the client of port 20100 is there
 300.0   the client of port 20100 leaves
 900.0 |   give port 20100 BACK
 900.1   the end
