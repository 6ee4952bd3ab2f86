# The heap is collected while the snapshot is on its way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   the disk takes 5 s
  20.0   host 100 holds 93 % of its heap
  21.3 |   app is healthy, watching, memory critical
  21.3 |   SAVE the context of app, incident 1: memory (healthy)
  21.3 |   app is healthy, saving, memory critical
  23.0   host 100 holds 30 % of its heap
  26.3 |   app is healthy, watching, memory critical
  52.3 |   app is healthy, watching
  60.0   the end
