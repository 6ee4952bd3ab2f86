# The loop turns, but nothing of Lifeline in it does: neither beats nor counter. Its context switches say that it lives.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 runs, but Lifeline in it is mute
  14.0 |   app is late, suspect
 200.0   host 100 answers again
 200.0 |   app is healthy, watching
 210.0   the end
