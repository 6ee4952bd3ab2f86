# The user asks for a restart at a quiet moment. It waits for the turn and for a pause, and says so.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  19.0   the user works in app for 40 s
  19.0   app begins a turn
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a pause in your work
  79.3 |   app is healthy, watching, waits for a turn of Claude
 100.0   app ends its turn
 109.3 |   SAVE the context of app, incident 1: requested (healthy)
 109.3 |   app is healthy, saving
 109.3 |   RESTART app gracefully, incident 1
 109.3 |   app is healthy, restarting
 109.7 |   app is gone, verifying
 111.3 |   tell app: recovered (incident 1 of app)
 111.3 |   record incident 1: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
 111.3 |   app is healthy, watching
 130.0   the end
