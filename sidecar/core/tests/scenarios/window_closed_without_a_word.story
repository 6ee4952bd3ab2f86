# A host ends and none follows: usually the window was closed. Nothing is said. It is forgotten, and the daemon leaves.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   no new host comes
  10.0   host 100 crashes
  10.0 |   app is gone, verifying
  40.0 |   app is gone, watching
 639.0 |   LEAVE
 640.0   the end
