# A host that waits for a child gets a minute: the child may be honest work.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 waits for its child: git fetch --all
  14.0 |   app is late, suspect
  14.0 |   app is onChild, suspect
  71.0 |   SAVE the context of app, incident 1: freeze (onchild)
  71.0 |   app is onChild, saving
  71.0 |   KILL host 100 of app, incident 1: onChild
       |       MainThread: no beat from the main thread for 60.8 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 60.8 s
       |       Kernel: the main thread used 0 % of a CPU and the other threads 0 %, over 2.0 s
       |       Kernel: 0 voluntary and 0 involuntary context switches over 2.0 s
       |       Kernel: the main thread is asleep in do_epoll_wait
       |       Kernel: it waits for its child 5000, started 61.0 s ago: git fetch --all
  71.0 |   app is onChild, restarting
  71.0 |   app is gone, verifying
  72.6 |   tell app: recovered (incident 1 of app)
  72.6 |   record incident 1: freeze (onchild), Recovered; host 100 → 101; verdict, act, end after 3.9, 60.9, 62.5 s
  72.6 |   app is healthy, watching
  90.0   the end
