# The daemon is replaced while a restart waits. It was asked for, and is not forgotten.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  19.0   app begins a turn
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   app is healthy, watching, waits for a turn of Claude
  30.0   the daemon dies
  35.0   the daemon starts again
  35.0 |   app is suspended, suspect
  35.3 |   app is healthy, watching, waits for a turn of Claude
  60.0   app ends its turn
  68.3 |   SAVE the context of app, incident 100: requested (healthy)
  68.3 |   app is healthy, saving
  68.3 |   KILL host 100 of app, incident 100: healthy, by [MainThread, Kernel, User]
  68.3 |   app is healthy, restarting
  68.3 |   app is gone, verifying
  69.9 |   tell app: recovered (incident 100 of app)
  69.9 |   record incident 100: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  69.9 |   app is healthy, watching
  90.0   the end
