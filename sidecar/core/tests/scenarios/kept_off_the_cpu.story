# The main thread is ready to run and is not let run, while the worker is: its scheduler is the culprit.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 is kept off the CPU
  14.0 |   app is late, suspect
  14.0 |   app is starved, suspect
 100.0   host 100 answers again
 100.0 |   app is healthy, watching
 110.0   the end
