# A host that was stopped by a signal is not killed: whoever stopped it can continue it. The user is told.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 is stopped by a signal
  13.0 |   app is stopped, suspect
  25.0 |   tell the desktop, of app: stopped (incident 1 of app)
  25.0 |   record incident 1: freeze (stopped), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  25.0 |   app is stopped, gaveUp
 120.0   the user confirms the restart of app
 120.0 |   answer: The extension host is stopped: continue it or detach the debugger first, then ask again.
 130.0   host 100 is continued
 130.0 |   record incident 1: freeze (stopped), CameBack; host 100 → none; verdict, act, end after -, -, 120.4 s; no snapshot
 130.0 |   tell app: stopped (incident 1 of app)
 130.0 |   app is healthy, watching
 140.0   the end
