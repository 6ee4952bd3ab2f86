# The same where VS Code has no command: it is a kill of a host that answers, after a last look, by two witnesses.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  20.0   host 100 leaks 50 MB a second
  59.3 |   app is healthy, watching, memory high
  65.3 |   app is healthy, watching, memory critical
  65.3 |   SAVE the context of app, incident 1: memory (healthy)
  65.3 |   app is healthy, saving, memory critical
  65.3 |   KILL host 100 of app, incident 1: healthy
       |       MainThread: its heap held 2762 of 4496 MB at the last beat
       |       MainThread: its heap grows by 3000 MB a minute and reaches the limit in 34.6 s
       |       Kernel: it holds 2862 MB of memory
       |       Kernel: the main thread is asleep
  65.3 |   app is healthy, restarting, memory critical
  65.3 |   app is gone, verifying
  66.9 |   tell app: recovered (incident 1 of app)
  66.9 |   record incident 1: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  66.9 |   app is healthy, watching
 150.0   the end
