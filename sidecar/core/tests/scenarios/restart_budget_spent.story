# After two exits within five minutes VS Code would not start a third host.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the user confirms the restart of app
  10.0 |   SAVE the context of app, incident 1: requested (healthy)
  10.0 |   answer: started
  10.0 |   app is healthy, saving
  10.0 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel, User]
  10.0 |   app is healthy, restarting
  10.0 |   app is gone, verifying
  11.6 |   tell app: recovered (incident 1 of app)
  11.6 |   record incident 1: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  11.6 |   app is healthy, watching
  30.0   the user confirms the restart of app
  30.0 |   SAVE the context of app, incident 3: requested (healthy)
  30.0 |   answer: started
  30.0 |   app is healthy, saving
  30.0 |   KILL host 101 of app, incident 3: healthy, by [MainThread, Kernel, User]
  30.0 |   app is healthy, restarting
  30.0 |   app is gone, verifying
  31.6 |   tell app: recovered (incident 3 of app)
  31.6 |   record incident 3: requested (healthy), Recovered; host 101 → 102; verdict, act, end after -, 0.0, 1.6 s
  31.6 |   app is healthy, watching
  50.0   the user confirms the restart of app
  50.0 |   answer: The extension host of this window has ended twice within five minutes; VS Code would not restart it a third time. Run “Developer: Reload Window” instead, or wait.
 350.0   the user confirms the restart of app
 350.0 |   SAVE the context of app, incident 5: requested (healthy)
 350.0 |   answer: started
 350.0 |   app is healthy, saving
 350.0 |   KILL host 102 of app, incident 5: healthy, by [MainThread, Kernel, User]
 350.0 |   app is healthy, restarting
 350.0 |   app is gone, verifying
 351.6 |   tell app: recovered (incident 5 of app)
 351.6 |   record incident 5: requested (healthy), Recovered; host 102 → 103; verdict, act, end after -, 0.0, 1.6 s
 351.6 |   app is healthy, watching
 370.0   the end
