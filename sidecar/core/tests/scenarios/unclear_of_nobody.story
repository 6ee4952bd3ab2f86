# Both connections are lost and it is not heard of again: that says nothing of the host.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 loses both connections
  13.0 |   app is late, suspect
 200.0   host 100 reconnects
 200.0 |   app is healthy, watching
 210.0   the end
