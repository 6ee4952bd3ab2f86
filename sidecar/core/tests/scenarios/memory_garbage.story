# A heap that fills with garbage is V8's to empty, however fast.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 litters 100 MB a second
 600.0   host 100 holds 40 % of its heap
1200.0   host 100 holds 50 % of its heap
1800.0   the end
