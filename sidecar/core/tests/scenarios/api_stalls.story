# A request is under way and not a byte comes: said once, after 75 s, in a window that is not paused.
     0   window w opens with host 100
   0.0 |   w is healthy, watching
     5   the connections of s are silent
    10   session s of w is told: awaiting
  90.0 |   tell w: s is stalled (the prompt of s): silent for 85 s
  90.0 |   w is healthy, watching, s is stalled
   100   the connections of s are silent
   200   the machine sleeps for 100 s
 200.0 |   w is suspended, suspect
 200.3 |   w is healthy, watching
 280.0 |   tell w: s is stalled (the prompt of s): silent for 180 s
 280.0 |   w is healthy, watching, s is stalled
   400   session s of w is told: retrying 1 of 10 in 0.5 s (ETIMEDOUT)
 400.0 |   w is healthy, watching, s tries again soon after 1 of 10: the connection broke (ETIMEDOUT)
 400.6 |   w is healthy, watching, s tries again now after 1 of 10: the connection broke (ETIMEDOUT)
   401   session s of w is told: answered
 401.0 |   w is healthy, watching, s is back after 1
 411.0 |   w is healthy, watching
   420   session s of w is told: awaiting
   430   the connections of s are gone with its process
   600   the user pauses w
 600.0 |   w is healthy, watching, paused
   610   session t of w is told: awaiting
   610   the connections of t are silent
 690.0 |   w is healthy, watching, paused, t is stalled
   800   the end
