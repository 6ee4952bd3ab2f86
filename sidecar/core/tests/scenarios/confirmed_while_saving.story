# The disk is slow, and the user confirms before the question or the refusal was even told: the snapshot on its way will do.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   the disk takes 10 s
   2.0   app has unsaved: notebook plan.ipynb
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   app is deadlock, saving
  28.0   the user asks to restart app
  28.0 |   answer: to be confirmed, would lose ["notebook plan.ipynb"]
  29.0   the user confirms the restart of app
  29.0 |   NAME the culprit of host 100
  29.0 |   answer: started
  36.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel, User]
  36.0 |   app is deadlock, restarting
  36.0 |   app is gone, verifying
  37.6 |   tell app: recovered (incident 1 of app)
  37.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 25.9, 27.5 s
  37.6 |   app is healthy, watching
  50.0   the end
