# It ends by itself while the culprit is looked for.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   1.0   culprits are found after 1.2 s
  10.0   host 100 deadlocks
  14.0 |   app is late, suspect
  14.0 |   app is deadlock, suspect
  26.0 |   SAVE the context of app, incident 1: freeze (deadlock)
  26.0 |   NAME the culprit of host 100
  26.0 |   app is deadlock, saving
  26.4   host 100 crashes
  26.4 |   app is gone, verifying
  28.0 |   tell app: crashrecovered (incident 1 of app)
  28.0 |   record incident 1: freeze (deadlock), CrashRecovered; host 100 → 101; verdict, act, end after 3.9, -, 17.9 s; acme.linter 1.4.2 blocked the extension host in scanAll, main.js:812
  28.0 |   app is healthy, watching
  60.0   the end
