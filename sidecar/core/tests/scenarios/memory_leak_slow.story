# A slow leak is said long before, once in half an hour, and the host is restarted when it is nearly full.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  20.0   host 100 leaks 1 MB a second
2896.3 |   tell app: memory high, 75 %, full in 1120 s
2896.3 |   app is healthy, watching, memory high
3658.3 |   app is healthy, watching, memory critical
3658.3 |   SAVE the context of app, incident 2: memory (healthy)
3658.3 |   app is healthy, saving, memory critical
3658.3 |   RESTART app gracefully, incident 2
3658.3 |   app is healthy, restarting, memory critical
3658.7 |   app is gone, verifying
3660.3 |   tell app: recovered (incident 2 of app)
3660.3 |   record incident 2: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
3660.3 |   app is healthy, watching
4500.0   the end
