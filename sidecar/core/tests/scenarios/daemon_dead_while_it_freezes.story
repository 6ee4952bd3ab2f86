# A host freezes while no daemon is there. Only its worker can reattach; that is enough.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the daemon dies
  15.0   host 100 deadlocks
  20.0   the daemon starts again
  20.0 |   app is suspended, suspect
  21.0 |   app is healthy, watching
  24.0 |   app is late, suspect
  25.0 |   app is deadlock, suspect
  36.0 |   SAVE the context of app, incident 100: freeze (deadlock)
  36.0 |   NAME the culprit of host 100
  36.0 |   app is deadlock, saving
  36.0 |   KILL host 100 of app, incident 100: deadlock
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 15.3 s
       |       Kernel: the main thread used 0 % of a CPU and the other threads 0 %, over 2.0 s
       |       Kernel: 0 voluntary and 0 involuntary context switches over 2.0 s
       |       Kernel: the main thread is asleep in futex_do_wait
  36.0 |   app is deadlock, restarting
  36.0 |   app is gone, verifying
  37.6 |   tell app: recovered (incident 100 of app)
  37.6 |   record incident 100: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 4.4, 15.4, 17.0 s
  37.6 |   app is healthy, watching
  60.0   the end
