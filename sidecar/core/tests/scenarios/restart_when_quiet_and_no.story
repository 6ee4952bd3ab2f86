# VS Code asks, and the user says no: that was the moment, and it is not asked again.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
   5.0   app asks before a restart, and hears no
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   app is healthy, saving
  20.0 |   RESTART app gracefully, incident 1
  20.0 |   app is healthy, restarting
  80.3 |   record incident 1: requested (healthy), Refused; host 100 → none; verdict, act, end after -, 0.0, 60.2 s
  80.3 |   app is healthy, watching
 200.0   the end
