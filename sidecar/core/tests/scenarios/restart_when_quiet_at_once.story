# It is quiet already.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  60.0   the user asks to restart app when it is quiet
  60.0 |   answer: waiting
  60.0 |   app is healthy, watching, waits for a quiet moment
  60.0 |   SAVE the context of app, incident 1: requested (healthy)
  60.0 |   app is healthy, saving
  60.0 |   RESTART app gracefully, incident 1
  60.0 |   app is healthy, restarting
  60.4 |   app is gone, verifying
  62.0 |   tell app: recovered (incident 1 of app)
  62.0 |   record incident 1: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
  62.0 |   app is healthy, watching
  80.0   the end
