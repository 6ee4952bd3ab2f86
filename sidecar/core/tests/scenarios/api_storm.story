# Three sessions at once: the network or the service, and one word for all of them.
     0   window w opens with host 100
   0.0 |   w is healthy, watching
    10   session a of w is told: retrying 1 of 10 in 2 s (ECONNRESET)
  10.0 |   w is healthy, watching, a tries again soon after 1 of 10: the connection broke (ECONNRESET)
    11   session b of w is told: retrying 1 of 10 in 2 s (ECONNRESET)
  11.0 |   w is healthy, watching, a tries again soon after 1 of 10: the connection broke (ECONNRESET), b tries again soon after 1 of 10: the connection broke (ECONNRESET)
    12   session c of nowhere is told: retrying 1 of 10 in 2 s (ECONNRESET)
  12.0 |   w is healthy, watching, a tries again now after 1 of 10: the connection broke (ECONNRESET), b tries again soon after 1 of 10: the connection broke (ECONNRESET), a storm over 3 sessions
  13.0 |   w is healthy, watching, a tries again now after 1 of 10: the connection broke (ECONNRESET), b tries again now after 1 of 10: the connection broke (ECONNRESET), a storm over 3 sessions
    20   session a of w is told: dead (ECONNRESET)
  20.0 |   tell w: a turn of a died (the prompt of a): the connection broke (ECONNRESET); a storm over 3 sessions
  20.0 |   w is healthy, watching, b tries again now after 1 of 10: the connection broke (ECONNRESET), a died: the connection broke (ECONNRESET), a storm over 3 sessions
    21   session b of w is told: dead (ECONNRESET)
  21.0 |   w is healthy, watching, a died: the connection broke (ECONNRESET), b died: the connection broke (ECONNRESET), a storm over 3 sessions
    22   session c of nowhere is told: dead (ECONNRESET)
    30   session d of w is told: dead (of a subagent)
  30.0 |   w is healthy, watching, a died: the connection broke (ECONNRESET), b died: the connection broke (ECONNRESET), a storm over 4 sessions
  80.0 |   w is healthy, watching, a died: the connection broke (ECONNRESET), b died: the connection broke (ECONNRESET), a storm over 3 sessions
  81.0 |   w is healthy, watching, a died: the connection broke (ECONNRESET), b died: the connection broke (ECONNRESET)
   100   the end
