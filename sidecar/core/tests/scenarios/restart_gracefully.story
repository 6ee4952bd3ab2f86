# Where VS Code has the command, the user's restart is VS Code's. Its exit is no crash. The snapshot comes first all the same.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  20.0   the user asks to restart app
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   answer: started
  20.0 |   app is healthy, saving
  20.0 |   RESTART app gracefully, incident 1
  20.0 |   app is healthy, restarting
  20.4 |   app is gone, verifying
  22.0 |   tell app: recovered (incident 1 of app)
  22.0 |   record incident 1: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
  22.0 |   app is healthy, watching
  40.0   the end
