# Nobody says what Claude is doing. That is waited for as long as there is time.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  15.0   nobody knows what Claude does
  20.0   host 100 leaks 50 MB a second
  59.3 |   app is healthy, watching, memory high
  65.3 |   app is healthy, watching, memory critical
  66.3 |   app is healthy, watching, memory critical, waits for a look at what Claude Code is doing
  90.3 |   SAVE the context of app, incident 1: memory (healthy)
  90.3 |   app is healthy, saving, memory critical
  90.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel]
  90.3 |   app is healthy, restarting, memory critical
  90.3 |   app is gone, verifying
  91.9 |   tell app: recovered (incident 1 of app)
  91.9 |   record incident 1: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  91.9 |   app is healthy, watching
 120.0   the end
