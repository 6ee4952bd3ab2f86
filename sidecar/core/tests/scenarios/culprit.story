# The function that froze the host is found before the kill, while the snapshot is saved, and said with the evidence.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are found after 0.2 s
  10.0   host 100 loops without end
  14.0 |   app is late, suspect
  14.0 |   app is spinning, suspect
  31.0 |   SAVE the context of app, incident 1: freeze (spinning)
  31.0 |   NAME the culprit of host 100
  31.0 |   app is spinning, saving
  31.2 |   KILL host 100 of app, incident 1: spinning
       |       MainThread: no beat from the main thread for 20.8 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 20.8 s
       |       Kernel: the main thread used 98 % of a CPU and the other threads 0 %, over 2.0 s
       |       Debugger: acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  31.2 |   app is spinning, restarting
  31.2 |   app is gone, verifying
  32.8 |   tell app: recovered (incident 1 of app)
  32.8 |   record incident 1: freeze (spinning), Recovered; host 100 → 101; verdict, act, end after 3.9, 21.1, 22.7 s; acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  32.8 |   app is healthy, watching
  60.0   the end
