# A word to restart does not outlast its minute, even when nobody ran in between.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   the disk takes 25 s
  20.0   the user confirms the restart of app
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   answer: started
  20.0 |   app is healthy, saving
  30.0   the daemon stands still for 60 s
  90.0 |   tell app: refused, at the last look: too much time has passed since it was confirmed (incident 1 of app)
  90.0 |   record incident 1: requested (healthy), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  90.0 |   app is healthy, watching
 120.0   the end
