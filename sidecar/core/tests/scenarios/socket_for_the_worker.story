# Without its worker, a host that sleeps looks like one that idles. Its socket knows better.

   0.0   all evidence is written down
   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   host 100 loses its worker
  20.0   host 100 deadlocks
  23.0 |   app is late, suspect
  23.0 |   app is deadlock, suspect
  35.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  35.0 |   NAME the culprit of host 100
  35.0 |   app is deadlock, saving
  35.0 |   KILL host 100 of app, incident 1: deadlock
       |       MainThread: no beat from the main thread for 15.7 s
       |       Socket: its IDE socket takes connections and has not answered for 14.9 s (3 missed)
       |       Kernel: the main thread used 0 % of a CPU and the other threads 0 %, over 2.0 s
       |       Kernel: 0 voluntary and 0 involuntary context switches over 2.0 s
       |       Kernel: the main thread is asleep in futex_do_wait
  35.0 |   app is deadlock, restarting
  35.0 |   BRIDGE port 20100, for whoever comes
  35.0 |   app is gone, verifying
  36.6 |   tell app: recovered (incident 1 of app)
  36.6 |   record incident 1: freeze (deadlock), Recovered; host 100 → 101; verdict, act, end after 3.8, 15.8, 17.4 s
  36.6 |   BRIDGE port 20100 to port 20101
  36.6 |   app is healthy, watching
  60.0   the end
