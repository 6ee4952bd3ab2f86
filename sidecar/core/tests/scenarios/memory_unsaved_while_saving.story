# A notebook is changed while the snapshot is on its way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk takes 5 s
  20.0   host 100 holds 95 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  25.0   app has unsaved: notebook plan.ipynb
  26.3 |   app is healthy, watching, memory critical
  27.3 |   tell app: memory critical, 94 %, but unsaved: notebook plan.ipynb
  60.0   app has saved everything
  60.3 |   SAVE the context of app, incident 3: memory (healthy)
  60.3 |   app is healthy, saving, memory critical
  65.3 |   KILL host 100 of app, incident 3: healthy, by [MainThread, Kernel]
  65.3 |   app is healthy, restarting, memory critical
  65.3 |   app is gone, verifying
  66.9 |   tell app: recovered (incident 3 of app)
  66.9 |   record incident 3: memory (healthy), Recovered; host 100 → 101; verdict, act, end after -, 5.0, 6.6 s
  66.9 |   app is healthy, watching
  90.0   the end
