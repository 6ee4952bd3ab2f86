# It runs out of memory while the snapshot is on its way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk takes 10 s
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  27.0   host 100 crashes
  27.0 |   app is gone, verifying
  28.6 |   tell app: crashrecovered (incident 1 of app)
  28.6 |   record incident 1: memory (healthy), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 7.3 s; no snapshot
  28.6 |   app is healthy, watching
  60.0   the end
