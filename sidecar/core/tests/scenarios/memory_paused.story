# Paused: nothing is restarted and nothing said.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the user pauses app
   5.0 |   app is healthy, watching, paused
  10.0   host 100 holds 95 % of its heap
  11.3 |   app is healthy, watching, paused, memory critical
  60.0   the user resumes app
  60.0 |   app is healthy, watching, memory critical
  60.3 |   SAVE the context of app, incident 1: memory (healthy)
  60.3 |   app is healthy, saving, memory critical
  60.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel]
  60.3 |   app is healthy, restarting, memory critical
  60.3 |   app is gone, verifying
  61.9 |   tell app: recovered (incident 1 of app)
  61.9 |   record incident 1: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  61.9 |   app is healthy, watching
  90.0   the end
