# The same when nothing is ever reported.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is in mode ask
   1.0   culprits are never reported
  10.0   host 100 loops without end
  14.0 |   app is late, suspect
  14.0 |   app is spinning, suspect
  31.0 |   SAVE the context of app, incident 1: freeze (spinning)
  31.0 |   app is spinning, saving
  31.0 |   tell the desktop, of app: ask (incident 1 of app)
  31.0 |   app is spinning, asking
  60.0   the user confirms the restart of app
  60.0 |   NAME the culprit of host 100
  60.0 |   answer: started
  60.0 |   app is spinning, saving
  62.0 |   KILL host 100 of app, incident 1: spinning, by [MainThread, Worker, Kernel, User]
  62.0 |   app is spinning, restarting
  62.0 |   app is gone, verifying
  63.6 |   tell app: recovered (incident 1 of app)
  63.6 |   record incident 1: freeze (spinning), Recovered; host 100 → 101; verdict, act, end after 3.9, 51.9, 53.5 s
  63.6 |   app is healthy, watching
  90.0   the end
