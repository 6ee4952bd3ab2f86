# Ten attempts, and the turn dies: said once. The user goes on, and it dies again; at the third time a large session is to be compacted.
     0   window w opens with host 100
   0.0 |   w is healthy, watching
    10   session s of w is told: retrying 10 of 10 in 2 s (529)
  10.0 |   w is healthy, watching, s tries again soon after 10 of 10: the API is overloaded (529)
  12.0 |   w is healthy, watching, s tries again now after 10 of 10: the API is overloaded (529)
    20   session s of w is told: dead (529, 9 MB)
  20.0 |   tell w: a turn of s died (the prompt of s): the API is overloaded (529)
  20.0 |   w is healthy, watching, s died: the API is overloaded (529)
    21   session s of w is told: dead (529, 9 MB)
    40   session s of w is told: awaiting (9 MB)
  40.0 |   w is healthy, watching
    50   session s of w is told: dead (529, 9 MB)
  50.0 |   tell w: a turn of s died (the prompt of s): the API is overloaded (529)
  50.0 |   w is healthy, watching, s died: the API is overloaded (529)
    60   session s of w is told: awaiting (9 MB)
  60.0 |   w is healthy, watching
    70   session s of w is told: dead (529, 9 MB)
  70.0 |   tell w: 3 turns of s died (the prompt of s), 9000000 bytes: compact it
  70.0 |   w is healthy, watching, s died: the API is overloaded (529)
    80   session s of w is told: awaiting (9 MB)
  80.0 |   w is healthy, watching
    90   session s of w is told: answered (9 MB)
  90.0 |   w is healthy, watching, s is back after 10
   100   session s of w is told: awaiting (9 MB)
 100.0 |   w is healthy, watching
   110   session s of w is told: dead (ECONNRESET, 9 MB)
 110.0 |   tell w: a turn of s died (the prompt of s): the connection broke (ECONNRESET)
 110.0 |   w is healthy, watching, s died: the connection broke (ECONNRESET)
 710.0 |   w is healthy, watching
   800   the end
