# It is silent for a while: it goes on waiting.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  19.0   app begins a turn
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   app is healthy, watching, waits for a turn of Claude
  30.0   host 100 works for 8 s
  34.0 |   app is late, suspect
  34.0 |   app is spinning, suspect
  38.0 |   app is healthy, watching, waits for a turn of Claude
  50.0   app ends its turn
  58.3 |   SAVE the context of app, incident 1: requested (healthy)
  58.3 |   app is healthy, saving
  58.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel, User]
  58.3 |   app is healthy, restarting
  58.3 |   app is gone, verifying
  59.9 |   tell app: recovered (incident 1 of app)
  59.9 |   record incident 1: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  59.9 |   app is healthy, watching
  80.0   the end
