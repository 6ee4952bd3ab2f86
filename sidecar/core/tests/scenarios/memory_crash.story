# The same, and nothing is saved: the host dies, and VS Code brings it back.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  15.0   app has unsaved: notebook plan.ipynb
  20.0   host 100 leaks 50 MB a second
  59.3 |   app is healthy, watching, memory high
  65.3 |   tell app: memory critical, 61 %, but unsaved: notebook plan.ipynb
  65.3 |   app is healthy, watching, memory critical
 100.3 |   app is gone, verifying
 101.9 |   tell app: crashrecovered (incident 2 of app)
 101.9 |   record incident 2: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
 101.9 |   app is healthy, watching
 150.0   the end
