# A heap that is rather full is worth a word, every half hour.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  20.0   host 100 holds 80 % of its heap
  24.3 |   tell app: memory high, 79 %
  24.3 |   app is healthy, watching, memory high
1824.3 |   tell app: memory high, 79 %
3624.3 |   tell app: memory high, 79 %
4000.0   host 100 holds 20 % of its heap
4029.3 |   app is healthy, watching
4100.0   the end
