# With both connections lost, silence says nothing. Not even a busy host is touched.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 loses both connections
  13.0 |   app is late, suspect
  20.0   host 100 loops without end
 100.0   host 100 deadlocks
 200.0   host 100 answers again
 201.0   host 100 reconnects
 201.0 |   app is healthy, watching
 210.0   the end
