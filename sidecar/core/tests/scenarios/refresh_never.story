# Switched off.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is never refreshed
15000.0   the end
