# A host that does little but collect garbage is told from a loop by its other threads and its heap.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 fills its heap
  14.0 |   app is late, suspect
  14.0 |   app is gcThrash, suspect
  31.0 |   SAVE the context of app, incident 1: freeze (gcthrash)
  31.0 |   NAME the culprit of host 100
  31.0 |   app is gcThrash, saving
  31.0 |   KILL host 100 of app, incident 1: gcThrash
       |       MainThread: no beat from the main thread for 20.8 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 20.8 s
       |       Kernel: the main thread used 62 % of a CPU and the other threads 50 %, over 2.0 s
       |       MainThread: its heap held 4300 of 4496 MB at the last beat
       |       Kernel: it holds 4400 MB of memory
  31.0 |   app is gcThrash, restarting
  31.0 |   app is gone, verifying
  32.6 |   tell app: recovered (incident 1 of app)
  32.6 |   record incident 1: freeze (gcthrash), Recovered; host 100 → 101; verdict, act, end after 3.9, 20.9, 22.5 s
  32.6 |   app is healthy, watching
  40.0   the end
