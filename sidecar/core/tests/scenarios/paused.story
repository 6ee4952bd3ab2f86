# Paused protection does nothing. Resumed, it does.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   the user pauses app
   1.0 |   app is healthy, watching, paused
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect, paused
  14.0 |   app is deadlock, suspect, paused
 100.0   the user asks for a drill in app with a deadlock
 100.0 |   answer: The extension host of this window does not answer at the moment; there is no need for a drill.
 110.0   the user resumes app
 110.0 |   app is deadlock, suspect
 110.0 |   SAVE the context of app, incident 1: freeze (deadlock)
 110.0 |   NAME the culprit of host 100
 110.0 |   app is deadlock, saving
 110.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
 110.0 |   app is deadlock, restarting
 110.0 |   app is gone, verifying
 111.6 |   tell app: recovered (incident 1 of app)
 111.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 99.9, 101.5 s
 111.6 |   app is healthy, watching
 130.0   the end
