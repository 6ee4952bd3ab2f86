# The drill freezes a window for real. It does not ask again, whatever the mode.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is in mode ask
  10.0   the user asks for a drill in app with a deadlock
  10.0 |   answer: go
  10.0 |   FREEZE app: Deadlock
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: drill (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   app is gone, verifying
  27.6 |   tell app: recovered (incident 1 of app)
  27.6 |   record incident 1: drill (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  27.6 |   app is healthy, watching
  60.0   the user asks for a drill in app with a loop
  60.0 |   answer: go
  60.0 |   FREEZE app: BusyLoop
  64.0 |   app is late, suspect
  64.0 |   app is spinning, suspect
  81.0 |   SAVE the context of app, incident 3: drill (spinning)
  81.0 |   NAME the culprit of host 101
  81.0 |   app is spinning, saving
  81.0 |   KILL host 101 of app, incident 3: spinning, by [MainThread, Worker, Kernel]
  81.0 |   app is spinning, restarting
  81.0 |   app is gone, verifying
  82.6 |   tell app: recovered (incident 3 of app)
  82.6 |   record incident 3: drill (spinning), Recovered; host 101 → 102; verdict, act, end after 3.7, 20.7, 22.3 s
  82.6 |   app is healthy, watching
 110.0   the user asks for a drill in app with a deadlock
 110.0 |   answer: The extension host has been restarted twice within five minutes; VS Code would not restart it a third time. Try again in a few minutes.
 120.0   app is in mode observe
 450.0   the user asks for a drill in app with a deadlock
 450.0 |   answer: The setting lifeline.recovery.mode is “observe”: a frozen host would stay frozen. Set it to “automatic” for the drill.
 460.0   app is in mode ask
 461.0   app has unsaved: notebook plan.ipynb
 470.0   the user asks for a drill in app with a deadlock
 470.0 |   answer: The drill would lose notebook plan.ipynb. Save or end that first.
 480.0   the end
