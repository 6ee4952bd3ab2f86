# A turn that dies again and again is told to go on twice an hour, by the user's word too.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   session a of app is failed (in shell 40)
   2.0   the user wants session a to go on
   2.0 |   TYPE “continue” for session a in the terminal of shell 40
   2.0 |   answer: started
   3.0   the user wants session a to go on
   3.0 |   TYPE “continue” for session a in the terminal of shell 40
   3.0 |   answer: started
   4.0   the user wants session a to go on
   4.0 |   answer: It was told to go on twice within the last hour, and its turn died each time. Look at what it says; on a large session, “/compact” often helps.
3700.0   the user wants session a to go on
3700.0 |   TYPE “continue” for session a in the terminal of shell 40
3700.0 |   answer: started
3701.0   session a of app is failed (in shell 40, typed since)
3702.0   the user wants session a to go on
3702.0 |   answer: You have typed something there since its turn died.
3703.0   session a of app is waiting (in shell 40)
3704.0   the user wants session a to go on
3704.0 |   answer: It waits for your answer to a question. Answer that in its terminal or panel.
3705.0   session a of app is failed (elsewhere)
3706.0   the user wants session a to go on
3706.0 |   answer: It is not in front in a terminal of VS Code. Type “continue” where it runs.
3707.0   the user wants session b to go on
3707.0 |   answer: No such session is known. “lifeline sessions” lists them.
3708.0   the end
