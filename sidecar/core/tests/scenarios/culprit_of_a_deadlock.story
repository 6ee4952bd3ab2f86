# The same for a deadlock, on a disk that takes longer than the debugger.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are found after 0.3 s
   1.0   the disk takes 2 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  28.0 |   KILL host 100 of app, incident 1: deadlock
       |       MainThread: no beat from the main thread for 16.8 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 16.8 s
       |       Kernel: the main thread used 0 % of a CPU and the other threads 0 %, over 2.0 s
       |       Kernel: 0 voluntary and 0 involuntary context switches over 2.0 s
       |       Kernel: the main thread is asleep in futex_do_wait
       |       Debugger: acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  28.0 |   app is deadlock, restarting
  28.0 |   app is gone, verifying
  29.6 |   tell app: recovered (incident 1 of app)
  29.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 17.9, 19.5 s; acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  29.6 |   app is healthy, watching
  60.0   the end
