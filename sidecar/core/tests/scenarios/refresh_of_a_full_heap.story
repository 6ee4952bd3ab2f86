# What a full collection leaves is more than half of the heap, for minutes.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
 600.0   host 100 holds 66 % of its heap
 869.3 |   tell app: a refresh would do good: it holds 65 % of its heap even after a full garbage collection
1200.0   the end
