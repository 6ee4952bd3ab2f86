# Each window's memory is its own.

   0.0   window left opens with host 100
   0.0 |   left is healthy, watching
   0.5   window right opens with host 200 (restarts gracefully)
   0.5 |   right is healthy, watching
  20.0   host 100 holds 95 % of its heap
  20.0   host 200 holds 95 % of its heap
  21.3 |   left is healthy, watching, memory critical
  21.3 |   SAVE the context of left, incident 1: memory (healthy)
  21.3 |   left is healthy, saving, memory critical
  21.3 |   KILL host 100 of left, incident 1: healthy, by [MainThread, Kernel]
  21.3 |   left is healthy, restarting, memory critical
  21.3 |   left is gone, verifying
  21.8 |   right is healthy, watching, memory critical
  21.8 |   SAVE the context of right, incident 2: memory (healthy)
  21.8 |   right is healthy, saving, memory critical
  21.8 |   RESTART right gracefully, incident 2
  21.8 |   right is healthy, restarting, memory critical
  22.2 |   right is gone, verifying
  22.9 |   tell left: recovered (incident 1 of left)
  22.9 |   record incident 1: memory (healthy), Recovered; host 100 → 201; verdict, act, end after -, 0.0, 1.6 s
  22.9 |   left is healthy, watching
  23.8 |   tell right: recovered (incident 2 of right)
  23.8 |   record incident 2: memory (healthy), Recovered; host 200 → 202; verdict, act, end after -, 0.0, 2.0 s
  23.8 |   right is healthy, watching
  60.0   the end
