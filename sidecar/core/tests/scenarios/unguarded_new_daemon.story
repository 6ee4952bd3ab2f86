# A new daemon knows nothing of windows without Lifeline, until it finds them itself.

   0.0   window app opens with host 50
   0.0   window other opens without Lifeline, with host 100
   0.0 |   app is healthy, watching
   0.1 |   other is healthy, watching, without Lifeline
  10.0   host 100 deadlocks
  12.1 |   other is late, suspect, without Lifeline
  14.0 |   other is deadlock, suspect, without Lifeline
  17.0 |   tell the desktop, of other: unguarded (incident 1 of other)
  17.0 |   record incident 1: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 8.9, -, - s; no snapshot
  17.0 |   other is deadlock, gaveUp, without Lifeline
  40.0   the daemon dies
  45.0   the daemon starts again
  45.0 |   other is no longer known
  45.0 |   app is suspended, suspect
  45.3 |   app is healthy, watching
  45.4 |   other is healthy, watching, without Lifeline
  53.0 |   other is late, suspect, without Lifeline
  54.0 |   other is deadlock, suspect, without Lifeline
  57.0 |   tell the desktop, of other: unguarded (incident 100 of other)
  57.0 |   record incident 100: freeze (deadlock), Refused; host 100 → none; verdict, act, end after 8.6, -, - s; no snapshot
  57.0 |   other is deadlock, gaveUp, without Lifeline
  80.0   host 100 answers again
  80.1 |   record incident 100: freeze (deadlock), CameBack; host 100 → none; verdict, act, end after 8.6, -, 34.7 s; no snapshot
  80.1 |   other is healthy, watching, without Lifeline
 100.0   the end
