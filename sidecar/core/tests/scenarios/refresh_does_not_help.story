# A host that is always late, however new: it is refreshed for that once in the time that a refresh is good for, not again and again.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 60 min
 200.0   host 100 turns its loop 350 ms late
 285.3 |   SAVE the context of app, incident 1: refresh (healthy)
 285.3 |   app is healthy, saving
 285.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel]
 285.3 |   app is healthy, restarting
 285.3 |   app is gone, verifying
 286.9 |   tell app: recovered (incident 1 of app)
 286.9 |   record incident 1: refresh (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
 286.9 |   app is healthy, watching
 600.0   host 101 turns its loop 350 ms late
3886.2 |   SAVE the context of app, incident 3: refresh (healthy)
3886.2 |   app is healthy, saving
3886.2 |   KILL host 101 of app, incident 3: healthy, by [MainThread, Kernel]
3886.2 |   app is healthy, restarting
3886.2 |   app is gone, verifying
3887.8 |   tell app: recovered (incident 3 of app)
3887.8 |   record incident 3: refresh (healthy), Recovered; host 101 → 102; verdict, act, end after -, 0.0, 1.6 s
3887.8 |   app is healthy, watching
4500.0   the end
