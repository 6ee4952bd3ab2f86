# The window never comes back. As long as its client waits, the daemon stays.

   0.0   window app opens with host 100 (with a socket)
   0.0 |   app is healthy, watching
  10.0   no new host comes
  11.0   host 100 crashes
  11.0 |   BRIDGE port 20100, for whoever comes
  11.0 |   app is gone, verifying
  41.0 |   app is gone, watching
 300.0   the client of port 20100 is there
1500.0   the client of port 20100 leaves
2099.0 |   give port 20100 BACK
2099.0 |   LEAVE
2699.0 |   LEAVE
3000.0   the end
