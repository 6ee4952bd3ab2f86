# The loop turns, but nothing of Lifeline in it does: neither beats nor counter. Its context switches say that it lives.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 runs, but Lifeline in it is mute
  14.0 |   app is late, suspect
  71.0 |   tell the desktop, of app: unclear (incident 1 of app)
  71.0 |   record incident 1: freeze (late), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  71.0 |   app is late, gaveUp
 200.0   host 100 answers again
 200.0 |   record incident 1: freeze (late), CameBack; host 100 → none; verdict, act, end after -, -, 189.9 s; no snapshot
 200.0 |   tell app: unclear (incident 1 of app)
 200.0 |   app is healthy, watching
 210.0   the end
