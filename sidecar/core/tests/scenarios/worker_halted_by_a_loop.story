# The main thread burns a CPU, but the worker is silent as well. That is not what a loop looks like, so nothing is done.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 loops without end and halts its worker
  13.0 |   app is late, suspect
 100.0   host 100 answers again
 100.0 |   app is healthy, watching
 110.0   the end
