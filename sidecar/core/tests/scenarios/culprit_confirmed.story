# A person confirms the restart of a frozen host: the last look waits for the culprit, not the other way round.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is in mode ask
   1.0   culprits are found after 0.5 s
  10.0   host 100 loops without end
  14.0 |   app is late, suspect
  14.0 |   app is spinning, suspect
  31.0 |   SAVE the context of app, incident 1: freeze (spinning)
  31.0 |   app is spinning, saving
  31.0 |   tell the desktop, of app: ask (incident 1 of app)
  31.0 |   app is spinning, asking
  60.0   the user confirms the restart of app
  60.0 |   NAME the culprit of host 100
  60.0 |   answer: started
  60.0 |   app is spinning, saving
  60.5 |   KILL host 100 of app, incident 1: spinning
       |       User: the user confirmed the restart
       |       MainThread: the host was attached and its identity known
       |       Kernel: the main thread is running
       |       MainThread: no beat from the main thread for 50.3 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 50.3 s
       |       Kernel: the main thread used 65 % of a CPU and the other threads 0 %, over 1.5 s
       |       Debugger: acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  60.5 |   app is spinning, restarting
  60.5 |   app is gone, verifying
  62.1 |   tell app: recovered (incident 1 of app)
  62.1 |   record incident 1: freeze (spinning), Recovered; host 100 → 101; verdict, act, end after 3.9, 50.4, 52.0 s; acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  62.1 |   app is healthy, watching
  90.0   the end
