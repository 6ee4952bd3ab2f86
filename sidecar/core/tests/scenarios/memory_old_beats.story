# The daemon does not run for a while. The beats that waited for it meanwhile say nothing of a host that froze in between.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  13.0   host 100 holds 93 % of its heap
  13.1   the daemon stands still for 6 s
  15.5   host 100 waits for the disk
  19.1 |   app is healthy, watching, memory critical
  22.1 |   app is late, suspect, memory critical
  23.1 |   app is ioStuck, suspect, memory critical
  60.0   the end
