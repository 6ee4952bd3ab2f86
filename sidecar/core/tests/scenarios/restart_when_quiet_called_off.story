# A pause calls it off, and so does a restart at once. While paused, nothing is put on a list.

   0.0   window app opens with host 100 (restarts gracefully)
   0.0 |   app is healthy, watching
  19.0   app begins a turn
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   app is healthy, watching, waits for a turn of Claude
  30.0   the user pauses app
  30.0 |   app is healthy, watching, paused
  35.0   the user asks to restart app when it is quiet
  35.0 |   answer: Protection is paused. Run “Lifeline: Resume Protection” first, or restart now.
  40.0   the user resumes app
  40.0 |   app is healthy, watching
  50.0   the user asks to restart app when it is quiet
  50.0 |   answer: waiting
  50.0 |   app is healthy, watching, waits for a quiet moment
  50.0 |   app is healthy, watching, waits for a turn of Claude
  60.0   the user asks to restart app when it is quiet
  60.0 |   answer: waiting
  70.0   the user asks to restart app
  70.0 |   SAVE the context of app, incident 1: requested (healthy)
  70.0 |   answer: started
  70.0 |   app is healthy, saving
  70.0 |   RESTART app gracefully, incident 1
  70.0 |   app is healthy, restarting
  70.4 |   app is gone, verifying
  72.0 |   tell app: recovered (incident 1 of app)
  72.0 |   record incident 1: requested (healthy), Recovered; host 100 → 101; verdict, act, end after -, 0.0, 2.0 s
  72.0 |   app is healthy, watching
 100.0   app ends its turn
 130.0   the end
