# A turn that does not end is not waited for until the host dies with it.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  15.0   app begins a turn
  20.0   host 100 leaks 50 MB a second
  59.3 |   app is healthy, watching, memory high
  65.3 |   app is healthy, watching, memory critical
  65.3 |   app is healthy, watching, memory critical, waits for a turn of Claude
  90.3 |   SAVE the context of app, incident 1: memory (healthy)
  90.3 |   app is healthy, saving, memory critical
  90.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel]
  90.3 |   app is healthy, restarting, memory critical
  90.3 |   app is gone, verifying
  91.9 |   tell app: recovered (incident 1 of app)
  91.9 |   record incident 1: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  91.9 |   app is healthy, watching
 120.0   the end
