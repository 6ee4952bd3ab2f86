# VS Code began the restart, and the host froze in it. A minute later it is a frozen host like any other.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
   1.0   app asks before a restart, and hears no
  20.0   the user asks to restart app
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   answer: started
  20.0 |   app is healthy, saving
  20.0 |   RESTART app gracefully, incident 1
  20.0 |   app is healthy, restarting
  21.0   host 100 loops without end
  25.0 |   app is late, restarting
  25.0 |   app is spinning, restarting
  81.0 |   tell the desktop, of app: notverified (incident 1 of app)
  81.0 |   record incident 1: requested (healthy), NotVerified; host 100 → none; verdict, act, end after -, 0.0, - s
  81.0 |   app is spinning, gaveUp
  81.0 |   NAME the culprit of host 100
  81.0 |   app is spinning, saving
  81.0 |   KILL host 100 of app, incident 1: spinning, by [MainThread, Worker, Kernel]
  81.0 |   app is spinning, restarting
  81.0 |   app is gone, verifying
  82.6 |   tell app: recovered (incident 1 of app)
  82.6 |   record incident 1: requested (spinning), Recovered; host 100 → 101; verdict, act, end after 5.0, 61.0, 62.6 s
  82.6 |   app is healthy, watching
 120.0   the end
