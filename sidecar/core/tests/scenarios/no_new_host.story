# The host was killed and VS Code brings no other. What can be done is said on the desktop.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   no new host comes
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   app is gone, verifying
  57.0 |   tell the desktop, of app: notverified (incident 1 of app)
  57.0 |   record incident 1: freeze (deadlock), NotVerified; host 100 → none; verdict, act, end after 3.9, 15.9, - s
  57.0 |   app is gone, watching
  60.0   the user confirms the restart of app
  60.0 |   answer: This window has no extension host at the moment. Run “Developer: Reload Window” in it.
  70.0   the end
