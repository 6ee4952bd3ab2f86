# Two windows, one frozen. The other one is nobody's business.

   0.0   window left opens with host 100
   0.0 |   left is healthy, watching
   0.5   window right opens with host 200
   0.5 |   right is healthy, watching
  10.0   host 200 deadlocks
  14.0 |   right is late, suspect
  14.0 |   right is deadlock, suspect
  26.0 |   SAVE the context of right, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 200
  26.0 |   right is deadlock, saving
  26.0 |   KILL host 200 of right, incident 1: deadlock, by [MainThread, Worker, Kernel]
  26.0 |   right is deadlock, restarting
  26.0 |   right is gone, verifying
  27.6 |   tell right: recovered (incident 1 of right)
  27.6 |   record incident 1: freeze (deadlock), Recovered; host 200 → 201; verdict, act, end after 3.9, 15.9, 17.5 s
  27.6 |   right is healthy, watching
  50.0   the end
