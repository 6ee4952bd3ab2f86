# Without VS Code's command: a kill of a host that answers, because a person asked for it.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  19.0   app begins a turn
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   app is healthy, watching, waits for a turn of Claude
  60.0   app ends its turn
  60.3 |   SAVE the context of app, incident 1: requested (healthy)
  60.3 |   app is healthy, saving
  60.3 |   KILL host 100 of app, incident 1: healthy
       |       User: the user confirmed the restart
       |       MainThread: the host was attached and its identity known
       |       Kernel: it holds 600 MB of memory
       |       Kernel: the main thread is asleep
  60.3 |   app is healthy, restarting
  60.3 |   app is gone, verifying
  61.9 |   tell app: recovered (incident 1 of app)
  61.9 |   record incident 1: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  61.9 |   app is healthy, watching
  80.0   the end
