# Collecting garbage on a crowded machine takes longer. It gets a whole deadline of CPU time.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 fills its heap
  10.1   host 100 fills its heap on a crowded machine
  14.0 |   app is late, suspect
  14.0 |   app is starved, suspect
  65.0 |   app is spinning, suspect
  68.0 |   SAVE the context of app, incident 1: freeze (spinning)
  68.0 |   NAME the culprit of host 100
  68.0 |   app is spinning, saving
  68.0 |   KILL host 100 of app, incident 1: spinning
       |       MainThread: no beat from the main thread for 57.8 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 57.8 s
       |       Kernel: the main thread used 38 % of a CPU and the other threads 40 %, over 2.0 s
       |       Kernel: the main thread was ready but had no CPU for 58 % of the time
  68.0 |   app is spinning, restarting
  68.0 |   app is gone, verifying
  69.6 |   tell app: recovered (incident 1 of app)
  69.6 |   record incident 1: freeze (spinning), Recovered; host 100 → 101; verdict, act, end after 54.9, 57.9, 59.5 s
  69.6 |   app is healthy, watching
  90.0   the end
