# Nobody reported the end of a host. Whoever looks finds nothing there.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 ends unseen
  12.0 |   app is gone, verifying
  40.0   the end
