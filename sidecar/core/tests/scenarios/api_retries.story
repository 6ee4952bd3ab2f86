# A connection breaks in the middle of an answer, and is back at the third attempt: seen in the status, and never a word for it.
     0   window w opens with host 100
   0.0 |   w is healthy, watching
    10   session s of w is told: awaiting
    20   session s of w is told: retrying 1 of 10 in 0.5 s (ECONNRESET, mid-stream)
  20.0 |   w is healthy, watching, s tries again soon after 1 of 10: the connection broke (ECONNRESET) in the middle of the answer
  20.6 |   w is healthy, watching, s tries again now after 1 of 10: the connection broke (ECONNRESET) in the middle of the answer
  20.7   session s of w is told: retrying 2 of 10 in 1.1 s (ECONNRESET)
  20.7 |   w is healthy, watching, s tries again soon after 2 of 10: the connection broke (ECONNRESET)
    22   session s of w is told: retrying 3 of 10 in 2 s (ECONNREFUSED)
  22.0 |   w is healthy, watching, s tries again soon after 3 of 10: the connection broke (ECONNREFUSED)
  24.0 |   w is healthy, watching, s tries again now after 3 of 10: the connection broke (ECONNREFUSED)
    30   session s of w is told: answered
  30.0 |   w is healthy, watching, s is back after 3
  40.0 |   w is healthy, watching
    45   the end
