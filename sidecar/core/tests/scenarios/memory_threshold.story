# The user's own threshold. Below half of the heap, a restart would cure nothing, whatever it says.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is critical from 85 % of its heap
  20.0   host 100 holds 84 % of its heap
  24.3 |   tell app: memory high, 83 %
  24.3 |   app is healthy, watching, memory high
  60.0   host 100 holds 86 % of its heap
  61.3 |   app is healthy, watching, memory critical
  61.3 |   SAVE the context of app, incident 2: memory (healthy)
  61.3 |   app is healthy, saving, memory critical
  61.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel]
  61.3 |   app is healthy, restarting, memory critical
  61.3 |   app is gone, verifying
  62.9 |   tell app: recovered (incident 2 of app)
  62.9 |   record incident 2: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  62.9 |   app is healthy, watching
 100.0   app is critical from 10 % of its heap
 120.0   host 101 holds 45 % of its heap
 200.0   the end
