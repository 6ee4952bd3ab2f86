# With no host left for ten minutes, the daemon leaves.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   host 100 shuts down
   5.4 |   app is gone, watching
 605.0 |   LEAVE
 700.0   the end
