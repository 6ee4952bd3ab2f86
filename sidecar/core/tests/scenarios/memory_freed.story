# The heap is collected before the turn ends: there is no reason left to restart.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  15.0   app begins a turn
  20.0   host 100 holds 93 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   app is healthy, watching, memory critical, waits for a turn of Claude
  30.0   host 100 holds 40 % of its heap
  30.3 |   app is healthy, watching, memory critical
  32.0   app ends its turn
  59.3 |   app is healthy, watching
 120.0   the end
