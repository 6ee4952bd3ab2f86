# What a restart would lose is not restarted by ourselves: the user hears why. As soon as it is saved, the way is free.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  15.0   app has unsaved: notebook plan.ipynb
  20.0   host 100 leaks 50 MB a second
  59.3 |   app is healthy, watching, memory high
  65.3 |   tell app: memory critical, 61 %, but unsaved: notebook plan.ipynb
  65.3 |   app is healthy, watching, memory critical
  70.0   app has saved everything
  70.3 |   SAVE the context of app, incident 2: memory (healthy)
  70.3 |   app is healthy, saving, memory critical
  70.3 |   KILL host 100 of app, incident 2: healthy, by [MainThread, Kernel]
  70.3 |   app is healthy, restarting, memory critical
  70.3 |   app is gone, verifying
  71.9 |   tell app: recovered (incident 2 of app)
  71.9 |   record incident 2: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  71.9 |   app is healthy, watching
 100.0   the end
