# It freezes while it waits. A frozen host has no quiet moments, so nobody waits for them either.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  19.0   app begins a turn
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   app is healthy, watching, waits for a turn of Claude
  30.0   host 100 deadlocks
  34.0 |   app is late, suspect
  34.0 |   app is deadlock, suspect
  40.0   the user asks to restart app when it is quiet
  40.0 |   answer: The extension host does not answer at the moment, so no quiet moment will come. Restart it now instead.
  46.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  46.0 |   NAME the culprit of host 100
  46.0 |   app is deadlock, saving
  46.0 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel]
  46.0 |   app is deadlock, restarting
  46.0 |   app is gone, verifying
  47.6 |   tell app: recovered (incident 1 of app)
  47.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  47.6 |   app is healthy, watching
  80.0   the end
