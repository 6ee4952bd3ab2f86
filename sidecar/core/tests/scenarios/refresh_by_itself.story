# The same with the setting “automatic”: it waits for a quiet moment, says for what, and restarts the host.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 30 min
1700.0   the user works in app for 150 s
1720.0   app runs 2 tasks
1730.0   app has unsaved: notebook plan.ipynb
1740.0   app begins a turn
1800.3 |   app is healthy, watching, waits for notebook plan.ipynb
1900.0   app has saved everything
1900.3 |   app is healthy, watching, waits for 2 tasks that run
1950.0   app runs 0 tasks
1950.3 |   app is healthy, watching, waits for a turn of Claude
2000.0   app ends its turn
2000.3 |   SAVE the context of app, incident 1: refresh (healthy)
2000.3 |   app is healthy, saving
2000.3 |   KILL host 100 of app, incident 1: healthy
       |       Kernel: it has run for 33 min
       |       MainThread: the host was attached and its identity known
       |       Kernel: it holds 600 MB of memory
       |       Kernel: the main thread is asleep
2000.3 |   app is healthy, restarting
2000.3 |   app is gone, verifying
2001.9 |   tell app: recovered (incident 1 of app)
2001.9 |   record incident 1: refresh (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
2001.9 |   app is healthy, watching
2100.0   the end
