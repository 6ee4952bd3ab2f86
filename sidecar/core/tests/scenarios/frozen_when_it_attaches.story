# The host is frozen when we first hear of it, through its worker. Neither its settings nor what it would lose are known: ask.

   0.0   window app opens with host 100 (worker only, frozen)
   0.0 |   app is healthy, watching
   1.0 |   app is suspended, suspect
   4.0 |   app is late, suspect
   4.0 |   app is deadlock, suspect
  16.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  16.0 |   app is deadlock, saving
  16.0 |   tell the desktop, of app: ask (incident 1 of app)
  16.0 |   app is deadlock, asking
  40.0   the user confirms the restart of app
  40.0 |   NAME the culprit of host 100
  40.0 |   answer: started
  40.0 |   app is deadlock, saving
  40.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel, User]
  40.0 |   app is deadlock, restarting
  40.0 |   app is gone, verifying
  41.6 |   tell app: recovered (incident 1 of app)
  41.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.0, 40.0, 41.6 s
  41.6 |   app is healthy, watching
  50.0   the end
