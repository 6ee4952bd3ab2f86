# A system that tells no more than state and CPU time: what must be known is known all the same.

   0.0   the system tells little
   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.0 |   KILL host 100 of app, incident 1: deadlock
       |       MainThread: no beat from the main thread for 15.8 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 15.8 s
       |       Kernel: the main thread used 0 % of a CPU and the other threads 0 %, over 2.0 s
       |       Kernel: the main thread is asleep
  26.0 |   app is deadlock, restarting
  26.0 |   app is gone, verifying
  27.6 |   tell app: recovered (incident 1 of app)
  27.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.9, 15.9, 17.5 s
  27.6 |   app is healthy, watching
  40.0   host 101 is kept off the CPU
  44.0 |   app is late, suspect
  44.0 |   app is starved, suspect
 100.0   host 101 answers again
 100.0 |   app is healthy, watching
 110.0   host 101 loops without end
 114.0 |   app is late, suspect
 114.0 |   app is spinning, suspect
 131.0 |   SAVE the context of app, incident 3: freeze (spinning)
 131.0 |   NAME the culprit of host 101
 131.0 |   app is spinning, saving
 131.0 |   KILL host 101 of app, incident 3: spinning
       |       MainThread: no beat from the main thread for 20.6 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 20.6 s
       |       Kernel: the main thread used 98 % of a CPU and the other threads 0 %, over 2.0 s
 131.0 |   app is spinning, restarting
 131.0 |   app is gone, verifying
 132.6 |   tell app: recovered (incident 3 of app)
 132.6 |   record incident 3: freeze (spinning), Recovered; host 101 → 102; verdict, act, end after 3.7, 20.7, 22.3 s
 132.6 |   app is healthy, watching
 140.0   the end
