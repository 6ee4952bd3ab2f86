# The page is reloaded: that is what a restart is for.

   0.0   window app opens with host 100 (on /src)
   0.0 |   app is healthy, watching
  19.0   app begins a turn
  20.0   the user asks to restart app when it is quiet
  20.0 |   answer: waiting
  20.0 |   app is healthy, watching, waits for a quiet moment
  20.0 |   app is healthy, watching, waits for a turn of Claude
  30.0   app is reloaded as app-2 with host 300
  30.0 |   app is gone, verifying
  31.2 |   app-2 is healthy, watching
  50.0   app ends its turn
  60.0 |   app is gone, watching
  80.0   the end
