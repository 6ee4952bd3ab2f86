# In the modes ask and observe, nothing is restarted. It is said once, and not again for half an hour.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is in mode ask
  10.0   host 100 holds 95 % of its heap
  11.3 |   tell app: memory critical, 94 %, but mode
  11.3 |   app is healthy, watching, memory critical
  60.0   host 100 holds 20 % of its heap
  89.3 |   app is healthy, watching
 120.0   host 100 holds 95 % of its heap
 121.3 |   app is healthy, watching, memory critical
 180.0   app is in mode observe
1811.3 |   tell app: memory critical, 94 %, but mode
2000.0   the end
