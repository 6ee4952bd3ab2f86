# What the user asks to be opened is opened, unless a process of it lives.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   session a of app is idle (gone)
   2.0   the user wants session a back
   2.0 |   OPEN session a in app
   2.0 |   answer: started
   3.0   session a of app is idle (in shell 40)
   4.0   the user wants session a back
   4.0 |   answer: alreadyopen { shell_pid: some(40) }
   5.0   session a of app is working (in a panel, orphaned)
   6.0   the user wants session a back
   6.0 |   answer: Its process lost its window and is finishing its turn. A second process on one session would fork it; ask again when it has ended.
   7.0   the user wants session b back
   7.0 |   answer: No such session is known. “lifeline sessions” lists them.
   8.0   the end
