# The command does not exist after all: the next request asks for a confirmation, and is done by us.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
   1.0   app has no restart command
  20.0   the user asks to restart app
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   answer: started
  20.0 |   app is healthy, saving
  20.0 |   RESTART app gracefully, incident 1
  20.0 |   app is healthy, restarting
  20.0 |   record incident 1: requested (healthy), Refused; host 100 → none; verdict, act, end after -, 0.0, 0.0 s
  20.0 |   app is healthy, watching
  30.0   the user asks to restart app
  30.0 |   answer: to be confirmed, would lose []
  40.0   the user confirms the restart of app
  40.0 |   SAVE the context of app, incident 2: requested (healthy)
  40.0 |   answer: started
  40.0 |   app is healthy, saving
  40.0 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel, User]
  40.0 |   app is healthy, restarting
  40.0 |   app is gone, verifying
  41.6 |   tell app: recovered (incident 2 of app)
  41.6 |   record incident 2: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  41.6 |   app is healthy, watching
  60.0   the end
