# The user cannot know that the host was stopped a moment ago; the look before the kill does.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  20.0   host 100 is stopped by a signal
  20.1   the user confirms the restart of app
  20.1 |   SAVE the context of app, incident 1: requested (healthy)
  20.1 |   answer: started
  20.1 |   app is healthy, saving
  20.1 |   tell app: refused, at the last look: the host is stopped now (incident 1 of app)
  20.1 |   record incident 1: requested (healthy), Refused; host 100 → none; verdict, act, end after -, -, - s
  20.1 |   app is healthy, watching
  23.0 |   app is stopped, suspect
  35.0 |   tell the desktop, of app: stopped (incident 3 of app)
  35.0 |   record incident 3: freeze (stopped), Refused; host 100 → none; verdict, act, end after -, -, - s; no snapshot
  35.0 |   app is stopped, gaveUp
  40.0   the end
