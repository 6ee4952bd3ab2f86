# Mode ask: a frozen host cannot show a question, so the desktop does. The user answers elsewhere.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is in mode ask
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   app is deadlock, saving
  26.0 |   tell the desktop, of app: ask (incident 1 of app)
  26.0 |   app is deadlock, asking
  80.0   the user confirms the restart of app
  80.0 |   NAME the culprit of host 100
  80.0 |   answer: started
  80.0 |   app is deadlock, saving
  80.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel, User]
  80.0 |   app is deadlock, restarting
  80.0 |   app is gone, verifying
  81.6 |   tell app: recovered (incident 1 of app)
  81.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 69.9, 71.5 s
  81.6 |   app is healthy, watching
 100.0   the end
