# VS Code's command is not there after all: the kill is the next rung.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
   5.0   app has no restart command
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  21.3 |   RESTART app gracefully, incident 1
  21.3 |   app is healthy, restarting, memory critical
  21.3 |   record incident 1: memory (healthy), Refused; host 100 → none; verdict, act, end after -, 0.0, 0.0 s
  21.3 |   app is healthy, watching, memory critical
  22.3 |   SAVE the context of app, incident 2: memory (healthy)
  22.3 |   app is healthy, saving, memory critical
  22.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel]
  22.3 |   app is healthy, restarting, memory critical
  22.3 |   app is gone, verifying
  23.9 |   tell app: recovered (incident 2 of app)
  23.9 |   record incident 2: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  23.9 |   app is healthy, watching
  60.0   the end
