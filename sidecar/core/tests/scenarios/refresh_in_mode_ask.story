# Who wants to be asked is asked, whatever the refresh setting says.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 30 min
   2.0   app is in mode ask
1800.3 |   tell app: a refresh would do good: it has run for 30 min
2000.0   app is in mode automatic
2000.3 |   SAVE the context of app, incident 2: refresh (healthy)
2000.3 |   app is healthy, saving
2000.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel]
2000.3 |   app is healthy, restarting
2000.3 |   app is gone, verifying
2001.9 |   tell app: recovered (incident 2 of app)
2001.9 |   record incident 2: refresh (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
2001.9 |   app is healthy, watching
2100.0   the end
