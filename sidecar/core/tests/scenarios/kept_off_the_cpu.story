# The main thread is ready to run and is not let run, while the worker is: its scheduler is the culprit.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 is kept off the CPU
  14.0 |   app is late, suspect
  14.0 |   app is starved, suspect
  71.0 |   tell the desktop, of app: unclear (incident 1 of app)
  71.0 |   record incident 1: freeze (starved), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  71.0 |   app is starved, gaveUp
 100.0   host 100 answers again
 100.0 |   record incident 1: freeze (starved), CameBack; host 100 → none; verdict, act, end after -, -, 89.9 s; no snapshot
 100.0 |   tell app: unclear (incident 1 of app)
 100.0 |   app is healthy, watching
 110.0   the end
