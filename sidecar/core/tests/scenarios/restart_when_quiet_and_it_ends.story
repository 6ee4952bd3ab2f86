# The host ends before its quiet moment comes: the next one is as new as any.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  19.0   app begins a turn
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   app is healthy, watching, waits for a turn of Claude
  30.0   host 100 crashes
  30.0 |   app is gone, verifying
  31.6 |   tell app: crashrecovered (incident 1 of app)
  31.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  31.6 |   app is healthy, watching
  50.0   app ends its turn
  80.0   the end
