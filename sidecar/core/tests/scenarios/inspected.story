# A debugger is attached to the inspector of a host that was not started for one. It may have paused it on purpose.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 halts at a breakpoint
  12.0   host 100 is seen with a debugger
  14.0 |   app is late, suspect
  14.0 |   app is traced, suspect
  80.0   host 100 answers again
  80.0 |   app is healthy, watching
 100.0   host 100 deadlocks
 104.0 |   app is late, suspect
 104.0 |   app is deadlock, suspect
 116.0 |   SAVE the context of app, incident 1: freeze (deadlock)
 116.0 |   NAME the culprit of host 100
 116.0 |   app is deadlock, saving
 116.0 |   KILL host 100 of app, incident 1: deadlock
       |       MainThread: no beat from the main thread for 15.8 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 15.8 s
       |       Kernel: the main thread used 0 % of a CPU and the other threads 0 %, over 2.0 s
       |       Kernel: 0 voluntary and 0 involuntary context switches over 2.0 s
       |       Kernel: the main thread is asleep in futex_do_wait
 116.0 |   app is deadlock, restarting
 116.0 |   app is gone, verifying
 117.6 |   tell app: recovered (incident 1 of app)
 117.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
 117.6 |   app is healthy, watching
 130.0   the end
