# A host that waits for a disk cannot be killed anyway, and the disk may answer.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
  10.0   host 100 waits for the disk
  14.0 |   app is late, suspect
  14.0 |   app is ioStuck, suspect
 200.0   host 100 answers again
 200.0 |   app is healthy, watching
 210.0   the end
