# The machine runs out of memory: said once on the way down, and again when it is nearly gone.

   0.0   window left opens with host 100
   0.0   window right opens with host 200
   0.0 |   left is healthy, watching
   0.0 |   right is healthy, watching
  10.0   the machine has 30 % of its memory left
  20.0   the machine has 9 % of its memory left
  20.0 |   tell left: 9 % of the machine's memory left
  30.0   the machine has 11 % of its memory left
  40.0   the machine has 9 % of its memory left
  50.0   the machine has 4 % of its memory left
  50.0 |   tell left: 4 % of the machine's memory left
  60.0   the machine has 6 % of its memory left
  70.0   the machine has 4 % of its memory left
  80.0   the machine has 20 % of its memory left
  90.0   the machine has 8 % of its memory left
  90.0 |   tell left: 8 % of the machine's memory left
 100.0   the end
