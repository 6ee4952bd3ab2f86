# Without its worker, a host that sleeps cannot be told from one that idles. One that burns a CPU without a beat can.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 loses its worker
  20.0   host 100 deadlocks
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
 140.0 |   KILL host 100 of app, incident 3: spinning
       |       MainThread: no beat from the main thread for 20.7 s
       |       Kernel: the main thread used 98 % of a CPU and the other threads 0 %, over 2.0 s
 140.0 |   app is spinning, restarting
 140.0 |   app is gone, verifying
 141.6 |   tell app: recovered (incident 3 of app)
 141.6 |   record incident 3: freeze (spinning), Recovered; host 100 → 101; verdict, act, end after 3.8, 20.8, 22.4 s
 141.6 |   app is healthy, watching
 160.0   the end
