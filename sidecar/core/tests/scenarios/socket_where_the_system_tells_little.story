# Without the worker, and where the system tells little, a halted process looks like one that waits for ever.

   0.0   the system tells little
   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 loses its worker
  20.0   host 100 is frozen by the system
  23.0 |   app is late, suspect
  80.0 |   tell the desktop, of app: unclear (incident 1 of app)
  80.0 |   record incident 1: freeze (late), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  80.0 |   app is late, gaveUp
 100.0   host 100 answers again
 100.0 |   record incident 1: freeze (late), CameBack; host 100 → none; verdict, act, end after -, -, 80.8 s; no snapshot
 100.0 |   tell app: unclear (incident 1 of app)
 100.0 |   app is healthy, watching
 120.0   host 100 loops without end
 123.0 |   app is late, suspect
 123.0 |   app is spinning, suspect
 140.0 |   SAVE the context of app, incident 3: freeze (spinning)
 140.0 |   NAME the culprit of host 100
 140.0 |   app is spinning, saving
 140.0 |   KILL host 100 of app, incident 3: spinning, by [MainThread, Kernel, Socket]
 140.0 |   app is spinning, restarting
 140.0 |   BRIDGE port 20100, for whoever comes
 140.0 |   app is gone, verifying
 141.6 |   tell app: recovered (incident 3 of app)
 141.6 |   record incident 3: freeze (spinning), Recovered; host 100 → 101; verdict, act, end after 3.8, 20.8, 22.4 s
 141.6 |   BRIDGE port 20100 to port 20101
 141.6 |   app is healthy, watching
 160.0   the end
