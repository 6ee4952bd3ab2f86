# Lifeline is installed in a host that was known from outside: from then on it is a window like any other.

   0.0   window other opens without Lifeline, with host 100
   0.1 |   other is healthy, watching, without Lifeline
  10.0   Lifeline is installed in host 100 as window app
  10.0 |   app is healthy, watching
  10.0 |   other is no longer known
  30.0   host 100 deadlocks
  34.1 |   app is late, suspect
  34.1 |   app is deadlock, suspect
  46.1 |   SAVE the context of app, incident 1: freeze (deadlock)
  46.1 |   NAME the culprit of host 100
  46.1 |   app is deadlock, saving
  46.1 |   KILL host 100 of app, incident 1: deadlock, by [MainThread, Worker, Kernel, Socket]
  46.1 |   app is deadlock, restarting
  46.1 |   app is gone, verifying
  47.7 |   tell app: recovered (incident 1 of app)
  47.7 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.6 s
  47.7 |   app is healthy, watching
  60.0   the end
