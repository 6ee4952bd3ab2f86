# VS Code's command is not there after all. What was asked for is done on the next rung, when it is quiet.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
   5.0   app has no restart command
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   app is healthy, saving
  20.0 |   RESTART app gracefully, incident 1
  20.0 |   app is healthy, restarting
  20.0 |   record incident 1: requested (healthy), Refused; host 100 → none; verdict, act, end after -, 0.0, 0.0 s
  20.0 |   SAVE the context of app, incident 2: requested (healthy)
  20.0 |   app is healthy, saving
  20.1 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel, User]
  20.1 |   app is healthy, restarting
  20.1 |   app is gone, verifying
  21.7 |   tell app: recovered (incident 2 of app)
  21.7 |   record incident 2: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  21.7 |   app is healthy, watching
  60.0   the end
