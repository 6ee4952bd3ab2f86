# Requests that cannot be met are answered all the same.

   0.0   window app opens with host 100
   0.0 |   app is healthy, watching
   5.0   no new host comes
  10.0   host 100 shuts down
  10.4 |   app is gone, watching
  20.0   the user confirms the restart of app
  20.0 |   answer: This window has no extension host at the moment. Run “Developer: Reload Window” in it.
  21.0   the user asks for a drill in app with a loop
  21.0 |   answer: The extension host of this window does not answer at the moment; there is no need for a drill.
  22.0   the user confirms the restart of nowhere
  22.0 |   answer: No such window is attached. Run “lifeline status” to see which are, or open a window with Lifeline in it.
  23.0   the user asks for a drill in nowhere with a loop
  23.0 |   answer: No such window is attached. Run “lifeline status” to see which are, or open a window with Lifeline in it.
  30.0   the end
