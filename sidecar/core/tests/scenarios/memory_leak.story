# A leak of 50 MB a second. The host is restarted before it dies, by VS Code's own command where that exists.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  20.0   host 100 leaks 50 MB a second
  59.3 |   app is healthy, watching, memory high
  65.3 |   app is healthy, watching, memory critical
  65.3 |   SAVE the context of app, incident 1: memory (healthy)
  65.3 |   app is healthy, saving, memory critical
  65.3 |   RESTART app gracefully, incident 1
  65.3 |   app is healthy, restarting, memory critical
  65.7 |   app is gone, verifying
  67.3 |   tell app: recovered (incident 1 of app)
  67.3 |   record incident 1: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
  67.3 |   app is healthy, watching
 150.0   the end
