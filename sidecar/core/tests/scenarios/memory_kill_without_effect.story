# The signal has no effect, and the host goes on.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   kills have no effect
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  21.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel]
  21.3 |   app is healthy, restarting, memory critical
  32.0 |   tell app: notverified (incident 1 of app)
  32.0 |   record incident 1: memory (healthy), NotVerified; host 100 → none; verdict, act, end after -, 0.0, - s
  32.0 |   app is healthy, watching, memory critical
  92.3 |   SAVE the context of app, incident 3: memory (healthy)
  92.3 |   app is healthy, saving, memory critical
  92.3 |   KILL host 100 of app, incident 3: healthy, by [MainThread, Kernel]
  92.3 |   app is healthy, restarting, memory critical
 103.0 |   app is healthy, watching, memory critical
 103.3 |   tell app: memory critical, 94 %, but budget
 200.0   the end
