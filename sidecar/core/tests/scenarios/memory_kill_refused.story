# The actuator refuses at the last look. It is said once, and tried again later.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills are refused: it is being debugged
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  21.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel]
  21.3 |   app is healthy, restarting, memory critical
  21.3 |   tell app: refused, at the last look: it is being debugged (incident 1 of app)
  21.3 |   record incident 1: memory (healthy), Refused; host 100 → none; verdict, act, end after -, -, - s
  21.3 |   app is healthy, watching, memory critical
  82.3 |   SAVE the context of app, incident 3: memory (healthy)
  82.3 |   app is healthy, saving, memory critical
  82.3 |   KILL host 100 of app, incident 3: healthy, by [MainThread, Kernel]
  82.3 |   app is healthy, restarting, memory critical
  82.3 |   app is healthy, watching, memory critical
 143.3 |   SAVE the context of app, incident 4: memory (healthy)
 143.3 |   app is healthy, saving, memory critical
 143.3 |   KILL host 100 of app, incident 4: healthy, by [MainThread, Kernel]
 143.3 |   app is healthy, restarting, memory critical
 143.3 |   app is healthy, watching, memory critical
 150.0   the end
