# A turn begins while the snapshot is on its way. What the user asked for goes on waiting.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk takes 6 s
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   app is healthy, saving
  22.0   app begins a turn
  26.0 |   app is healthy, watching
  26.3 |   app is healthy, watching, waits for a turn of Claude
  60.0   app ends its turn
  66.3 |   SAVE the context of app, incident 2: requested (healthy)
  66.3 |   app is healthy, saving
  72.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel, User]
  72.3 |   app is healthy, restarting
  72.3 |   app is gone, verifying
  73.9 |   tell app: recovered (incident 2 of app)
  73.9 |   record incident 2: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 6.0, 7.6 s
  73.9 |   app is healthy, watching
  90.0   the end
