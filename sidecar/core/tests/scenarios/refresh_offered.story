# A host that has run for two hours: a refresh is offered once, when nothing is in flight and the user pauses.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
7100.0   the user works in app for 200 s
7250.0   app begins a turn
7400.0   app ends its turn
7400.3 |   tell app: a refresh would do good: it has run for 123 min
12000.0   the end
