# A host that does little but collect garbage is told from a loop by its other threads and its heap.

   0.0   all evidence is written down
   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 fills its heap
  13.0 |   app is late, suspect
  14.0 |   app is gcThrash, suspect
  30.0 |   SAVE the context of app, incident 1: freeze (gcthrash)
  30.0 |   app is gcThrash, saving
  30.0 |   KILL host 100 of app, incident 1: gcThrash
       |       MainThread: no beat from the main thread for 20.0 s
       |       Worker: the worker thread runs, but the main thread's counter has stood still for 20.3 s
       |       Kernel: the main thread used 62 % of a CPU and the other threads 50 %, over 6.0 s
       |       MainThread: its heap held 4300 of 4496 MB at the last beat
  30.0 |   app is gcThrash, restarting
  30.0 |   app is gone, verifying
  31.6 |   tell app: recovered (incident 1 of app)
  31.6 |   record incident 1: freeze (gcthrash), Recovered; host 100 → 101; verdict, act, end after 4.0, 20.0, 21.6 s
  31.6 |   app is healthy, watching
  40.0   the end
