# With VS Code's own command it is no kill.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 30 min
1800.3 |   SAVE the context of app, incident 1: refresh (healthy)
1800.3 |   app is healthy, saving
1800.3 |   RESTART app gracefully, incident 1
1800.3 |   app is healthy, restarting
1800.7 |   app is gone, verifying
1802.3 |   tell app: recovered (incident 1 of app)
1802.3 |   record incident 1: refresh (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
1802.3 |   app is healthy, watching
1900.0   the end
