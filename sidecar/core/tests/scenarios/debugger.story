# Whoever debugs a host may take his time: stopped under a debugger, held by one, or at a breakpoint of JavaScript.

   0.0   window app opens with host 100 (may be debugged)
   0.0 |   app is healthy, watching
  10.0   host 100 is stopped by a debugger
  13.0 |   app is traced, suspect
  70.0   the user confirms the restart of app
  70.0 |   answer: The extension host is traced: continue it or detach the debugger first, then ask again.
  80.0   host 100 is held by a debugger
 160.0   host 100 is released
 160.0 |   app is healthy, watching
 170.0   host 100 halts at a breakpoint
 174.0 |   app is late, suspect
 174.0 |   app is traced, suspect
 300.0   host 100 is released
 300.0 |   app is healthy, watching
 310.0   the end
