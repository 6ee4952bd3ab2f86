# The user's word is gone with the daemon that heard it. The next one does not wait for a disk that will not answer.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   the disk takes 3 s
  10.0   the user confirms the restart of app
  10.0 |   SAVE the context of app, incident 1: requested (healthy)
  10.0 |   answer: started
  10.0 |   app is healthy, saving
  11.0   the daemon dies
  13.0   the daemon starts again
  13.0 |   app is healthy, suspect
  13.0 |   app is suspended, suspect
  13.3 |   record incident 1: requested (healthy), Refused; host 100 → none; verdict, act, end after -, -, 3.3 s
  13.3 |   app is healthy, watching
  60.0   the end
