# Three freezes in five minutes: two recoveries, then VS Code would give up, so we do. The desktop says it at once, and the
# window as soon as one is there again: here after a reload of the page, which makes a new window on the same workspace.

   0.0   window app opens with host 100 (on ~/project)
   0.0 |   app is healthy, watching
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   app is deadlock, restarting
  26.0 |   app is gone, verifying
  27.6 |   tell app: recovered (incident 1 of app)
  27.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  27.6 |   app is healthy, watching
  60.0   host 101 deadlocks
  64.0 |   app is late, suspect
  64.0 |   app is deadlock, suspect
  76.0 |   SAVE the context of app, incident 3: freeze (deadlock)
  76.0 |   NAME the culprit of host 101
  76.0 |   app is deadlock, saving
  76.0 |   KILL host 101 of app, incident 3: deadlock, by [MainThread, Worker, Kernel]
  76.0 |   app is deadlock, restarting
  76.0 |   app is gone, verifying
  77.6 |   tell app: recovered (incident 3 of app)
  77.6 |   record incident 3: freeze (deadlock), Recovered; host 101 → 102; verdict, act, end after 3.7, 15.7, 17.3 s
  77.6 |   app is healthy, watching
 110.0   host 102 loops without end
 114.0 |   app is late, suspect
 114.0 |   app is spinning, suspect
 131.0 |   SAVE the context of app, incident 5: freeze (spinning)
 131.0 |   app is spinning, saving
 131.0 |   tell the desktop, of app: refused, restarted twice already (incident 5 of app)
 131.0 |   record incident 5: freeze (spinning), Refused; host 102 → none; verdict, act, end after 3.7, -, - s
 131.0 |   app is spinning, gaveUp
 150.0   the user confirms the restart of app
 150.0 |   answer: The extension host of this window has ended twice within five minutes; VS Code would not restart it a third time. Run “Developer: Reload Window” instead, or wait.
 200.0   app is reloaded as app2 with host 200
 200.0 |   app is gone, verifying
 201.2 |   tell app2: refused, restarted twice already (incident 5 of app)
 201.2 |   app2 is healthy, watching
 230.0 |   record incident 5: freeze (spinning), Refused; host 102 → none; verdict, act, end after 3.7, -, 119.7 s
 230.0 |   app is gone, watching
 700.0   the end
