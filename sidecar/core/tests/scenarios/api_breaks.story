# A turn of a large session breaks three times: that it is too large is said then, and not after the tenth; and once.
     0   window w opens with host 100
   0.0 |   w is healthy, watching
    10   session s of w is told: retrying 2 of 10 in 1 s (ECONNRESET, 9 MB)
  10.0 |   w is healthy, watching, s tries again soon after 2 of 10: the connection broke (ECONNRESET)
  11.0 |   w is healthy, watching, s tries again now after 2 of 10: the connection broke (ECONNRESET)
    13   session s of w is told: retrying 3 of 10 in 2 s (ECONNRESET, 9 MB)
  13.0 |   tell w: a turn of s has failed 3 times (the prompt of s), 9000000 bytes: the connection broke (ECONNRESET)
  13.0 |   w is healthy, watching, s tries again soon after 3 of 10: the connection broke (ECONNRESET)
  15.0 |   w is healthy, watching, s tries again now after 3 of 10: the connection broke (ECONNRESET)
    17   session s of w is told: retrying 4 of 10 in 4 s (ECONNRESET, 9 MB)
  17.0 |   w is healthy, watching, s tries again soon after 4 of 10: the connection broke (ECONNRESET)
  21.0 |   w is healthy, watching, s tries again now after 4 of 10: the connection broke (ECONNRESET)
    30   session s of w is told: answered (9 MB)
  30.0 |   w is healthy, watching, s is back after 4
  40.0 |   w is healthy, watching
    50   session t of w is told: retrying 3 of 10 in 2 s (529, 9 MB)
  50.0 |   w is healthy, watching, t tries again soon after 3 of 10: the API is overloaded (529)
  52.0 |   w is healthy, watching, t tries again now after 3 of 10: the API is overloaded (529)
    90   the end
