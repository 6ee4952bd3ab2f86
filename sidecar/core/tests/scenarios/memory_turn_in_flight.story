# Claude is in the middle of a turn: the restart waits for its end.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  15.0   app begins a turn
  20.0   host 100 leaks 50 MB a second
  59.3 |   app is healthy, watching, memory high
  65.3 |   app is healthy, watching, memory critical
  65.3 |   app is healthy, watching, memory critical, waits for a turn of Claude
  75.0   app ends its turn
  75.3 |   SAVE the context of app, incident 1: memory (healthy)
  75.3 |   app is healthy, saving, memory critical
  75.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel]
  75.3 |   app is healthy, restarting, memory critical
  75.3 |   app is gone, verifying
  76.9 |   tell app: recovered (incident 1 of app)
  76.9 |   record incident 1: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  76.9 |   app is healthy, watching
 100.0   the end
