# Memory runs out while a restart waits. Once that has passed, the restart waits on.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  15.0   the user works in app for 600 s
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a pause in your work
  25.0   app begins a turn
  30.0   host 100 holds 93 % of its heap
  31.3 |   app is healthy, watching, memory critical, waits for a pause in your work
  31.3 |   app is healthy, watching, memory critical, waits for a turn of Claude
  60.0   host 100 holds 30 % of its heap
  60.3 |   app is healthy, watching, memory critical, waits for a pause in your work
  70.0   app ends its turn
  89.3 |   app is healthy, watching, waits for a pause in your work
 635.3 |   SAVE the context of app, incident 1: requested (healthy)
 635.3 |   app is healthy, saving
 635.3 |   KILL host 100 of app, incident 1: healthy, by [MainThread, Kernel, User]
 635.3 |   app is healthy, restarting
 635.3 |   app is gone, verifying
 636.9 |   tell app: recovered (incident 1 of app)
 636.9 |   record incident 1: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 1.6 s
 636.9 |   app is healthy, watching
 700.0   the end
