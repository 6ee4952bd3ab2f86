# The user takes the offer, and it does not help. That is not offered again and again.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
 200.0   host 100 turns its loop 350 ms late
 285.3 |   tell app: a refresh would do good: its event loop was late by 200 ms or more in 30 % of the last five minutes
 400.0   the user asks to restart app when it is quiet
 400.0 |   answer: waiting
 400.0 |   app is healthy, watching, waits for a quiet moment
 400.0 |   SAVE the context of app, incident 2: requested (healthy)
 400.0 |   app is healthy, saving
 400.0 |   RESTART app gracefully, incident 2
 400.0 |   app is healthy, restarting
 400.4 |   app is gone, verifying
 402.0 |   tell app: recovered (incident 2 of app)
 402.0 |   record incident 2: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
 402.0 |   app is healthy, watching
 410.0   host 101 turns its loop 350 ms late
7485.3 |   tell app: a refresh would do good: its event loop was late by 200 ms or more in 100 % of the last five minutes
9000.0   the end
