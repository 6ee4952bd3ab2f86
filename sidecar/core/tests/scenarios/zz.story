# x

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   0.1   host 100 litters 20 MB a second
 25.25   host 100 holds 53 % of its heap
  79.3 |   app is healthy, watching, memory high
  80.3 |   tell app: memory high, 55 %
 123.3 |   app is healthy, watching, memory critical
 123.3 |   SAVE the context of app, incident 2: memory (healthy)
 123.3 |   app is healthy, saving, memory critical
 123.3 |   KILL host 100 of app, incident 2: healthy
       |       MainThread: its heap held 3336 of 4496 MB at the last beat
       |       MainThread: its heap grows by 1200 MB a minute and reaches the limit in 58.0 s
       |       Kernel: it holds 3436 MB of memory
       |       Kernel: the main thread is asleep
 123.3 |   app is healthy, restarting, memory critical
 123.3 |   app is gone, verifying
 124.9 |   tell app: recovered (incident 2 of app)
 124.9 |   record incident 2: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
 124.9 |   app is healthy, watching
 150.0   the end
