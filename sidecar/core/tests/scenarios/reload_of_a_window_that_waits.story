# A question dies with its host; the window after the reload does not ask it again.

   0.0   window app opens with host 100 (on ~/project)
   0.0 |   app is healthy, watching
   1.0   app is in mode ask
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   app is deadlock, saving
  26.0 |   tell the desktop, of app: ask (incident 1 of app)
  26.0 |   app is deadlock, asking
  60.0   app is reloaded as app2 with host 200
  60.0 |   app is gone, verifying
  61.2 |   app2 is healthy, watching
  70.0   the end
