# The question is dropped when the host answers again; the window never shows it.

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
  80.4   host 100 answers again
  80.4 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 3.9, -, 70.3 s
  80.4 |   app is healthy, watching
 100.0   the end
