# Two panel sessions ended with their host, and a turn in a terminal died; the user is asked. A CLI that its user has ended is not missed.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   session a of app is cut (in a panel, gone)
   1.0   session b of app is idle (in a panel, gone)
   1.0   session c of app is failed (in shell 40)
   1.0   session d of app is idle (gone)
   1.0   session e of app is idle (in shell 41)
   1.0   session f of app is failed (in shell 42, quiet for 3000 s)
   1.0   session i of app is failed (in shell 44, in the background)
   1.0   session h of app is cut (in a panel, gone, ended for 300 s)
   1.0   session g of app is failed (in shell 43, typed since)
  10.0   host 100 crashes
  10.0 |   app is gone, verifying
  11.6 |   tell app: crashrecovered (incident 1 of app)
  11.6 |   record incident 1: crash (gone), CrashRecovered; host 100 → 101; verdict, act, end after -, -, 1.6 s; no snapshot
  11.6 |   app is healthy, watching
  15.0 |   tell app: session a was cut (the prompt of a)
  15.0 |   tell app: session b ended (the prompt of b)
  15.0 |   tell app: session c was cut (the prompt of c)
  60.0   the end
