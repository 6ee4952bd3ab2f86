# Two windows on the same folders: whose host ended is known, and the other one is left alone.

   0.0   window app opens with host 100 (with a socket, on here)
   0.0   window twin opens with host 300 (with a socket, on here)
   0.0 |   app is healthy, watching
   0.0 |   twin is healthy, watching
  10.0   no new host comes
  11.0   host 100 crashes
  11.0 |   BRIDGE port 20100, for whoever comes
  11.0 |   app is gone, verifying
  40.0   the end
