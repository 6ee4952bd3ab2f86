# Paused while the snapshot is on its way.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  10.0   the disk takes 5 s
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   app is healthy, saving
  22.0   the user pauses app
  22.0 |   app is healthy, watching, paused
  60.0   the end
