# The user no longer wants it while the snapshot is on its way.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   app is refreshed by itself after 5 min
 290.0   the disk takes 5 s
 300.3 |   SAVE the context of app, incident 1: refresh (healthy)
 300.3 |   app is healthy, saving
 302.0   app is in mode ask
 305.3 |   app is healthy, watching
 310.3 |   tell app: a refresh would do good: it has run for 5 min
 360.0   the end
