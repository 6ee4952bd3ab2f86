# What a kill would lose is not killed without a person's word. The snapshot is kept. With that word, it is.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   app has unsaved: notebook plan.ipynb
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   app is deadlock, saving
  26.0 |   tell the desktop, of app: refused, unsaved: notebook plan.ipynb (incident 1 of app)
  26.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 3.9, -, - s
  26.0 |   app is deadlock, gaveUp
  60.0   the user asks to restart app
  60.0 |   answer: to be confirmed, would lose ["notebook plan.ipynb"]
  70.0   the user confirms the restart of app
  70.0 |   NAME the culprit of host 100
  70.0 |   answer: started
  70.0 |   app is deadlock, saving
  70.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel, User]
  70.0 |   app is deadlock, restarting
  70.0 |   app is gone, verifying
  71.6 |   tell app: recovered (incident 1 of app)
  71.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 59.9, 61.5 s
  71.6 |   app is healthy, watching
  90.0   the end
