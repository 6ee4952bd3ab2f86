# VS Code shuts a host down. That is no crash, even when the news comes in the wrong order.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 shuts down and starts anew
  10.4 |   app is gone, watching
  12.0 |   app is healthy, watching
  30.0   no new host comes
  30.1   host 101 crashes
  30.1 |   app is gone, verifying
  30.2   host 101 departs, says a late message
  30.2 |   app is gone, watching
  40.0   the end
