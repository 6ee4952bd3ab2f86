# The user chooses Compact: only where a session waits in a terminal of a window is anything typed.
     0   window w opens with host 100
   0.0 |   w is healthy, watching
    10   session s of w is failed (in shell 7)
    11   the user wants session s compacted
  11.0 |   COMPACT session s in the terminal of shell 7
  11.0 |   answer: started
    20   session s of w is working (in shell 7)
    21   the user wants session s compacted
  21.0 |   answer: It is in the middle of a turn. Compact it when that has ended.
    30   session s of w is failed (in a panel)
    31   the user wants session s compacted
  31.0 |   answer: It is not in front in a terminal of VS Code. Type “/compact” where it runs.
    40   the user wants session t compacted
  40.0 |   answer: No such session is known. “lifeline sessions” lists them.
    50   the end
