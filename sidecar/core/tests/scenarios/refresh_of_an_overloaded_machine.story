# Where the machine is overloaded, lateness is nobody's wear.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
 500.0   the machine is overloaded
 600.0   host 100 turns its loop 350 ms late
1200.0   host 100 turns its loop 11 ms late
1200.0   the machine is idle
2000.0   the end
