# A page reload makes a new window with a new host on the same folders. The client belongs there.

   0.0   window app opens with host 100 (with a socket, on here)
   0.0   window other opens with host 300 (with a socket, on there)
   0.0 |   app is healthy, watching
   0.0 |   other is healthy, watching
  10.0   app is reloaded as app2 with host 200
  10.0 |   BRIDGE port 20100, for whoever comes
  10.0 |   app is gone, verifying
  11.2 |   BRIDGE port 20100 to port 20200
  11.2 |   app2 is healthy, watching
  20.0   the end
