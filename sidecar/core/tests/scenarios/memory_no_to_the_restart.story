# The user says no to VS Code's question. That is an answer for half an hour.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
   5.0   app asks before a restart, and hears no
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  21.3 |   RESTART app gracefully, incident 1
  21.3 |   app is healthy, restarting, memory critical
  82.0 |   record incident 1: memory (healthy), Refused; host 100 → none; verdict, act, end after -, 0.0, 60.7 s
  82.0 |   app is healthy, watching, memory critical
1882.3 |   SAVE the context of app, incident 2: memory (healthy)
1882.3 |   app is healthy, saving, memory critical
1882.3 |   RESTART app gracefully, incident 2
1882.3 |   app is healthy, restarting, memory critical
1943.0 |   record incident 2: memory (healthy), Refused; host 100 → none; verdict, act, end after -, 0.0, 60.7 s
1943.0 |   app is healthy, watching, memory critical
2200.0   the end
