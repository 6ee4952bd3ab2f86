# Paused: nothing is said.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   the user pauses app
   5.0 |   app is healthy, watching, paused
  10.0   host 100 gets no CPU
  13.0 |   app is late, suspect, paused
  14.0 |   app is starved, suspect, paused
 200.0   host 100 gets a CPU again
 200.0 |   app is healthy, watching, paused
 210.0   the end
