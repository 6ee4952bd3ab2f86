# No snapshot, no restart; not even at the user's word.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   the disk is full
  20.0   the user confirms the restart of app
  20.0 |   SAVE the context of app, incident 1: requested (healthy)
  20.0 |   answer: started
  20.0 |   app is healthy, saving
  20.0 |   tell app: refused, cannot save: No space left on device (incident 1 of app)
  20.0 |   record incident 1: requested (healthy), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  20.0 |   app is healthy, watching
  40.0   the end
