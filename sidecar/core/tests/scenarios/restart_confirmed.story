# Without VS Code's command: what would be lost is said first. A look from outside comes before the kill.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   app has unsaved: debug session “server”
  20.0   the user asks to restart app
  20.0 |   answer: to be confirmed, would lose ["debug session “server”"]
  30.0   the user confirms the restart of app
  30.0 |   SAVE the context of app, incident 1: requested (healthy)
  30.0 |   answer: started
  30.0 |   app is healthy, saving
  30.0 |   KILL host 100 of app, incident 1: healthy
       |       User: the user confirmed the restart
       |       MainThread: the host was attached and its identity known
       |       Kernel: the main thread is asleep
  30.0 |   app is healthy, restarting
  30.0 |   app is gone, verifying
  31.0   the user confirms the restart of app
  31.0 |   answer: A restart is already under way in this window.
  31.6 |   tell app: recovered (incident 1 of app)
  31.6 |   record incident 1: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
  31.6 |   app is healthy, watching
  50.0   the end
