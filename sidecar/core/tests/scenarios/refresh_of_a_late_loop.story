# A host whose loop has become late is worn, long before two hours are over.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
 600.0   host 100 turns its loop 350 ms late
 689.3 |   tell app: a refresh would do good: its event loop was late by 200 ms or more in 30 % of the last five minutes
1200.0   the end
