# The user says yes, and the host answers before anything is done: nothing is left to cure.

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
  80.1   host 100 answers again
  80.1   the user confirms the restart of app
  80.1 |   NAME the culprit of host 100
  80.1 |   answer: started
  80.1 |   app is deadlock, saving
  80.1 |   app is healthy, saving
  80.1 |   record incident 1: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 3.9, -, 70.0 s
  80.1 |   app is healthy, watching
 100.0   the end
