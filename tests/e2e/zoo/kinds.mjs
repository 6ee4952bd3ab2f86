// The kinds of process in the zoo, and what must become of each.

/**
 * `ended`: Lifeline ends it. `kept`: nothing is done to it. `young`: nothing is done to it while it is younger than a minute. `leaves`: it ends by
 * itself, and if it does not, Lifeline ends it.
 * @typedef {'ended' | 'kept' | 'young' | 'leaves'} Fate
 */

/** @type {Record<string, {fate: Fate, story: string}>} */
export const KINDS = {
  // ---- left behind ---------------------------------------------------------------------------------
  midTurn: { fate: "ended", story: "panel session, host killed in mid-turn, the answer never comes" },
  midTurnServer: { fate: "ended", story: "its idle MCP server" },
  toolAsleep: { fate: "ended", story: "panel session, host killed during a tool call that does nothing" },
  leftServer: { fate: "ended", story: "MCP server, its session killed" },
  judgedServer: { fate: "leaves", story: "MCP server left behind, ends when it was judged" },
  superseded: { fate: "ended", story: "panel session, resumed a second time by its own host" },
  supersededServer: { fate: "ended", story: "its idle MCP server" },
  idleLeft: { fate: "leaves", story: "panel session, host killed while it was idle" },
  idleLeftServer: { fate: "leaves", story: "its idle MCP server" },
  // ---- in use, or not proven -----------------------------------------------------------------------
  idle: { fate: "kept", story: "idle panel session, its host lives" },
  idleServer: { fate: "kept", story: "its idle MCP server" },
  openTwice: { fate: "kept", story: "idle panel sessions on one session, in two windows that live" },
  midAnswer: { fate: "kept", story: "panel session, host killed in mid-turn, the answer still comes" },
  successor: { fate: "kept", story: "panel session that has taken another's place" },
  serverAtWork: { fate: "kept", story: "MCP server that computes, the session's host killed" },
  sessionOfServerAtWork: { fate: "kept", story: "its session" },
  toolAtWork: { fate: "kept", story: "panel session, host killed while its tool computes" },
  tool: { fate: "kept", story: "that tool and its shell" },
  unseen: { fate: "kept", story: "panel session, host killed before the daemon began" },
  unseenServer: { fate: "kept", story: "its idle MCP server" },
  young: { fate: "young", story: "panel session younger than a minute, host killed" },
  inTerminal: { fate: "kept", story: "session in a terminal of script(1)" },
  inTmux: { fate: "kept", story: "session in tmux, detached" },
  forkedTwice: { fate: "kept", story: "session started through setsid and a second fork" },
  asks: { fate: "kept", story: "our own parent named claude, its host killed, and what looks in it" },
  host: { fate: "kept", story: "extension host" },
  // ---- decoys --------------------------------------------------------------------------------------
  editor: { fate: "kept", story: "editor with claude-code in its name and arguments" },
  grep: { fate: "kept", story: "grep and tail for claude" },
  script: { fate: "kept", story: "shell script named claude, and its child" },
  folder: { fate: "kept", story: "program in a folder named claude" },
  namesake: { fate: "kept", story: "somebody's own program named claude" },
  childOfNamesake: { fate: "kept", story: "shell that calls itself claude, and its child" },
  node: { fate: "kept", story: "Node with claude, a session or the package's file in its arguments" },
  titled: { fate: "kept", story: "Node that calls itself claude" },
  oddName: { fate: "kept", story: "names with newlines and brackets" },
  multiplexer: { fate: "kept", story: "tmux and script(1) themselves" },
  pidReused: { fate: "kept", story: "took the pid of one that was judged or told, or of a killed owner" },
};
