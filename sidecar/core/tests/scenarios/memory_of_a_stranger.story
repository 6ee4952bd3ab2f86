# A host that did not say what it would lose is not restarted by ourselves.

   0.0   window app opens with host 100 (worker only)
   0.0 |   app is healthy, watching
   5.0   host 100 holds 95 % of its heap
  60.0   the end
