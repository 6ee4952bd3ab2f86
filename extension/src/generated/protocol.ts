// Written by `cargo test -p lifeline-protocol` from sidecar/protocol/src. Never edited by hand.

export const PROTOCOL_VERSION = 1;
export const MAX_FRAME_BYTES = 8388608;
export const BEAT_PERIOD_MS = 1000;
export const PULSE_PERIOD_MS = 500;
export const DAEMON_SILENT_AFTER_MS = 10000;

export const method = {
  beat: "lifeline/beat",
  pulse: "lifeline/pulse",
  context: "lifeline/context",
  settings: "lifeline/settings",
  departing: "lifeline/departing",
  ping: "lifeline/ping",
  status: "lifeline/status",
  incidents: "lifeline/incidents",
  snapshots: "lifeline/snapshots",
  sessions: "lifeline/sessions",
  resumeSession: "lifeline/resumeSession",
  continueSession: "lifeline/continueSession",
  processes: "lifeline/orphans",
  reap: "lifeline/reap",
  restart: "lifeline/restart",
  pause: "lifeline/pause",
  drill: "lifeline/drill",
  relay: "lifeline/relay",
  switchRelay: "lifeline/switchRelay",
  handOver: "lifeline/handOver",
  didChange: "lifeline/didChange",
  didRecover: "lifeline/didRecover",
  notice: "lifeline/notice",
  restartHost: "lifeline/restartHost",
  freeze: "lifeline/freeze",
  openSession: "lifeline/openSession",
  typeInTerminal: "lifeline/typeInTerminal",
} as const;

export const errorCode = {
  wrongVersion: 1001,
  badHello: 1002,
  noSuchWindow: 1003,
  refused: 1004,
} as const;

/**
 * What a connection is for.
 */
export type Role = "window" | "pulse" | "cli";

/**
 * `initializationOptions` of the LSP `initialize` request.
 */
export type Hello = { 
/**
 * [`PROTOCOL_VERSION`](crate::PROTOCOL_VERSION) of the client.
 */
protocol: number, 
/**
 * What this connection is for.
 */
role: Role, 
/**
 * Version of the client, for messages and for the hand-over.
 */
clientVersion: string, 
/**
 * The window and host behind a `window` or `pulse` connection; absent for `cli`.
 */
window: WindowHello | null, };

/**
 * A window as its extension host introduces it.
 */
export type WindowHello = { 
/**
 * The same for every extension host of one window, different between windows. At most 200 characters.
 */
windowId: string, 
/**
 * What a person calls it, usually the folder's name.
 */
label: string, 
/**
 * The same after a page reload, which changes `window_id`: workspace and application. Notices follow it.
 */
workspaceKey: string, 
/**
 * `process.pid` of the extension host. Must be the peer of the socket where the platform can tell.
 */
hostPid: number, 
/**
 * Version of VS Code.
 */
vscodeVersion: string, 
/**
 * `vscode.env.appName`.
 */
appName: string, 
/**
 * `workbench.action.restartExtensionHost` exists here.
 */
canRestartGracefully: boolean, 
/**
 * A debugger may pause this host: started with `--inspect`, or an extension under development.
 */
mayBeDebugged: boolean, };

/**
 * `capabilities.experimental.lifeline` of the answer to `initialize`.
 */
export type Welcome = { 
/**
 * [`PROTOCOL_VERSION`](crate::PROTOCOL_VERSION) of the daemon.
 */
protocol: number, 
/**
 * Version of the daemon.
 */
daemonVersion: string, 
/**
 * Process id of the daemon.
 */
daemonPid: number, };

/**
 * One turn of the main thread's event loop, once a second.
 */
export type Beat = { 
/**
 * Rises by one; an older one that arrives later is ignored.
 */
seq: number, 
/**
 * Event-loop delay since the last beat, median, in milliseconds.
 */
delayP50Ms: number, 
/**
 * The same, 99th percentile.
 */
delayP99Ms: number, 
/**
 * The same, maximum.
 */
delayMaxMs: number, 
/**
 * Share of the time since the last beat in which the loop was busy, 0 to 1.
 */
utilisation: number, 
/**
 * V8 heap in use, in bytes.
 */
heapUsedBytes: number, 
/**
 * V8 `heap_size_limit`, in bytes. Read, never assumed (4496293888 was seen on VS Code 1.100).
 */
heapLimitBytes: number, 
/**
 * Resident memory of the host, in bytes.
 */
rssBytes: number, 
/**
 * V8 heap in use right after the last full garbage collection, in bytes: what is really held. None before the first.
 */
heapFloorBytes: number | null, 
/**
 * Time spent in garbage collection since the last beat, in milliseconds.
 */
gcMs: number, 
/**
 * Milliseconds since the user last did something in this window (typed, selected, switched, opened); none when never.
 */
inputIdleMs: number | null, };

/**
 * A sign of life of the worker thread: once a second, and at each of its looks (two a second) while the main thread stands still.
 */
export type Pulse = { 
/**
 * Rises by one; an older one that arrives later is ignored.
 */
seq: number, 
/**
 * The counter that the main thread raises four times a second in shared memory.
 */
counter: number, 
/**
 * For how many milliseconds the worker has seen it stand still; 0 while it moves. To half a second.
 */
stillMs: number, };

/**
 * What the editor shows, and what a kill of its host would lose.
 */
export type EditorContext = { 
/**
 * Workspace folders, as URIs.
 */
workspaceFolders: Array<string>, 
/**
 * Open tabs in order.
 */
tabs: Array<Tab>, 
/**
 * Visible text editors with their selections.
 */
visibleEditors: Array<VisibleEditor>, 
/**
 * URIs of dirty text documents. Their text survives a host restart (it lives outside the host).
 */
dirtyDocuments: Array<string>, 
/**
 * Dirty custom editors, which a kill would lose.
 */
dirtyCustomEditors: Array<string>, 
/**
 * Dirty notebooks, which a kill would lose.
 */
dirtyNotebooks: Array<string>, 
/**
 * Live debug sessions, which a kill would end.
 */
debugSessions: Array<DebugSession>, 
/**
 * Terminals, which survive a host restart.
 */
terminals: Array<Terminal>, 
/**
 * Names of tasks that run. Their terminals survive a host restart, but nobody would be told that they ended.
 */
runningTasks: Array<string>, };

/**
 * One open tab.
 */
export type Tab = { 
/**
 * Title on the tab.
 */
label: string, 
/**
 * `text`, `textDiff`, `custom`, `notebook`, `notebookDiff`, `webview`, `terminal` or `other`.
 */
kind: string, 
/**
 * What it shows, as a URI, where it shows a document.
 */
uri: string | null, 
/**
 * View type of a custom editor, notebook or webview.
 */
viewType: string | null, 
/**
 * Has unsaved changes.
 */
dirty: boolean, 
/**
 * Selected in its group.
 */
active: boolean, 
/**
 * Pinned.
 */
pinned: boolean, 
/**
 * Editor group, from 1.
 */
group: number, };

/**
 * One visible text editor.
 */
export type VisibleEditor = { 
/**
 * The document.
 */
uri: string, 
/**
 * Selections, the primary one first.
 */
selections: Array<Selection>, };

/**
 * A selection by zero-based lines and UTF-16 columns, anchor and cursor.
 */
export type Selection = { 
/**
 * Line where the selection began.
 */
anchorLine: number, 
/**
 * Column where the selection began.
 */
anchorColumn: number, 
/**
 * Line of the cursor.
 */
activeLine: number, 
/**
 * Column of the cursor.
 */
activeColumn: number, };

/**
 * A live debug session.
 */
export type DebugSession = { 
/**
 * Name of its launch configuration.
 */
name: string, 
/**
 * Type of its debugger.
 */
kind: string, };

/**
 * A terminal of the window.
 */
export type Terminal = { 
/**
 * Name on its tab.
 */
name: string, 
/**
 * Process id of its shell, when known.
 */
pid: number | null, 
/**
 * Working directory, when known.
 */
cwd: string | null, };

/**
 * What Lifeline may do by itself.
 */
export type RecoveryMode = "automatic" | "ask" | "observe";

/**
 * What Lifeline does about a host that has run for long or has become slow.
 */
export type RefreshMode = "offer" | "automatic";

/**
 * What Lifeline may do about sessions, by itself.
 */
export type SessionMode = "automatic" | "ask" | "never";

/**
 * What may be done about processes that were certainly left behind.
 */
export type ReapMode = "certain" | "ask" | "never";

/**
 * What the relay does with connections to the API.
 */
export type RelayMode = "off" | "tunnel" | "gateway";

/**
 * The newest version of HTTP that the relay's gateway speaks to the API.
 */
export type RelayHttp = "auto" | "1.1";

/**
 * The settings that the daemon obeys, per window. Milliseconds are held within 1 s and 1 h, percents within 1 and 100.
 */
export type Settings = { 
/**
 * What Lifeline may do by itself.
 */
mode: RecoveryMode, 
/**
 * A host silent for this long is late.
 */
lateAfterMs: number, 
/**
 * A deadlocked host is restarted after this long.
 */
deadlockAfterMs: number, 
/**
 * A spinning host is restarted after this long.
 */
spinningAfterMs: number, 
/**
 * A host that does nothing but collect garbage is restarted after this long.
 */
gcThrashAfterMs: number, 
/**
 * A host that waits for a child process is restarted after this long.
 */
onChildAfterMs: number, 
/**
 * Name the function that froze a host, through Node's inspector, before the host is restarted.
 */
nameCulprit: boolean, 
/**
 * From this share of the heap limit on, memory is high.
 */
memoryHighPercent: number, 
/**
 * A host that reaches its heap limit within this long, at the rate of the last minutes, is high. Minutes.
 */
memoryHighMinutes: number, 
/**
 * From this share of the heap limit on, memory is critical: the host is restarted before it dies.
 */
memoryCriticalPercent: number, 
/**
 * A host that reaches its heap limit within this long, at the rate of the last minutes, is critical. Seconds.
 */
memoryCriticalSeconds: number, 
/**
 * Say so when the machine, or the container, has less than this share of its memory left.
 */
machineMemoryLowPercent: number, 
/**
 * A host that has run for this long is refreshed. Minutes; 0 for never.
 */
refreshAfterMinutes: number, 
/**
 * What Lifeline does then.
 */
refresh: RefreshMode, 
/**
 * Carry connections to Claude Code's IDE socket over to the next host.
 */
bridgeConnections: boolean, 
/**
 * Bring back the sessions whose processes ended with the host.
 */
restoreSessions: SessionMode, 
/**
 * Tell a session whose turn was cut off to go on.
 */
continueSessions: SessionMode, 
/**
 * What is done about processes of Claude Code that were certainly left behind.
 */
reap: ReapMode, 
/**
 * A process that nobody needs is left alone until nothing has moved in it for this long. Seconds.
 */
reapQuietSeconds: number, 
/**
 * An extension host that nobody is connected to, and that computes without its event loop turning, is let do so for this long. Seconds.
 */
hostDesertedSeconds: number, 
/**
 * A request to the API is told as stalled when nothing has come of it for this long. Seconds.
 */
connectionStalledSeconds: number, 
/**
 * Whether the relay is to serve although nobody has turned it on. What Claude Code is told of it is not changed by this.
 */
relay: RelayMode, 
/**
 * The relay resets a connection to the API when nothing has passed for so long. Seconds.
 */
relayStallSeconds: number, 
/**
 * How often the relay tries to connect to the API.
 */
relayAttempts: number, 
/**
 * How long the relay lets a client wait for that. Seconds.
 */
relayBudgetSeconds: number, 
/**
 * How often the relay's gateway repeats a request that may have been billed.
 */
relayBilledRetries: number, 
/**
 * The relay's gateway lets a client that waits for events hear `ping` from here on; 0 for never. Seconds.
 */
relayPingSeconds: number, 
/**
 * What the relay's gateway speaks to the API.
 */
relayHttp: RelayHttp, };

export const DEFAULT_SETTINGS: Settings = {
  "mode": "automatic",
  "lateAfterMs": 3000,
  "deadlockAfterMs": 15000,
  "spinningAfterMs": 16000,
  "gcThrashAfterMs": 16000,
  "onChildAfterMs": 60000,
  "nameCulprit": true,
  "memoryHighPercent": 75,
  "memoryHighMinutes": 10,
  "memoryCriticalPercent": 92,
  "memoryCriticalSeconds": 60,
  "machineMemoryLowPercent": 10,
  "refreshAfterMinutes": 120,
  "refresh": "offer",
  "bridgeConnections": true,
  "restoreSessions": "ask",
  "continueSessions": "ask",
  "reap": "ask",
  "reapQuietSeconds": 360,
  "hostDesertedSeconds": 600,
  "connectionStalledSeconds": 75,
  "relay": "off",
  "relayStallSeconds": 75,
  "relayAttempts": 5,
  "relayBudgetSeconds": 120,
  "relayBilledRetries": 1,
  "relayPingSeconds": 0,
  "relayHttp": "auto"
};

/**
 * A process of Claude Code, or one that such a process has started.
 */
export type ProcessStatus = { 
/**
 * Names this process and no later one with its pid: for [`ReapRequest`].
 */
id: string, 
/**
 * The operating system's process id.
 */
pid: number, 
/**
 * The pid of its parent; 0 for none.
 */
parentPid: number, 
/**
 * `session`, `mcpServer`, `shell`, `languageServer` or `other`.
 */
kind: string, 
/**
 * `certain`: nobody needs it. `suspect`: something speaks for that, and something is missing. `inUse`.
 */
grade: string, 
/**
 * The program and what it is to do, without what could carry a secret.
 */
command: string, 
/**
 * Claude's own id of its session.
 */
sessionId: string | null, 
/**
 * The folder that it works in.
 */
folder: string | null, 
/**
 * The transcript of its session.
 */
transcript: string | null, 
/**
 * How long it has been running.
 */
ageMs: number, 
/**
 * Its resident memory.
 */
rssBytes: number, 
/**
 * It and what it has started: what would end with it.
 */
treePids: Array<number>, 
/**
 * Resident memory of all of them. Pages that they share are counted more than once.
 */
treeBytes: number, 
/**
 * Why it is graded so, in sentences.
 */
why: Array<string>, 
/**
 * What is missing for `certain`, in sentences.
 */
doubts: Array<string>, };

/**
 * All of them.
 */
export type ProcessesReport = { 
/**
 * Certain ones first, then suspects; the largest first.
 */
processes: Array<ProcessStatus>, 
/**
 * What the user wants to be done about certain ones.
 */
mode: ReapMode, 
/**
 * Processes that Lifeline has ended so far.
 */
givenBackProcesses: number, 
/**
 * Their resident memory.
 */
givenBackBytes: number, };

/**
 * Ends processes.
 */
export type ReapRequest = { 
/**
 * Which, by [`ProcessStatus::id`].
 */
ids: Array<string>, };

/**
 * What became of one of them.
 */
export type Reaped = { 
/**
 * Which.
 */
id: string, 
/**
 * Processes that have ended: it, and what it had started.
 */
ended: Array<number>, 
/**
 * Those that have not.
 */
left: Array<number>, 
/**
 * Resident memory of those that have.
 */
bytes: number, 
/**
 * Why nothing was done, or not all; none when it has ended.
 */
reason: string | null, };

/**
 * Restart a window's extension host now.
 */
export type RestartRequest = { 
/**
 * Which window.
 */
windowId: string, 
/**
 * The user has seen what would be lost and agreed. Without it the daemon answers what would be lost and does nothing,
 * unless VS Code itself can restart gracefully (and ask).
 */
confirmed: boolean, 
/**
 * Not now, but at the next moment when nothing is in flight and nothing would be lost.
 */
whenQuiet: boolean, };

/**
 * What came of a [`RestartRequest`].
 */
export type RestartAnswer = { "answer": "started" } | { "answer": "waiting" } | { "answer": "needsConfirmation", 
/**
 * Dirty custom editors and notebooks, live debug sessions; empty when nothing would be lost.
 */
wouldLose: Array<string>, } | { "answer": "refused", 
/**
 * The sentence.
 */
reason: string, };

/**
 * Pause or resume the protection of a window.
 */
export type PauseRequest = { 
/**
 * Which window; all windows when absent.
 */
windowId: string | null, 
/**
 * True to pause, false to resume.
 */
paused: boolean, };

/**
 * How a drill freezes the host.
 */
export type DrillKind = "deadlock" | "busyLoop";

/**
 * Run a drill in a window.
 */
export type DrillRequest = { 
/**
 * Which window; the command line may leave it out when one window is attached.
 */
windowId: string | null, 
/**
 * How to freeze.
 */
kind: DrillKind, };

/**
 * Whether a drill may run.
 */
export type DrillAnswer = { "answer": "go", 
/**
 * The window that will freeze.
 */
windowId: string, } | { "answer": "refused", 
/**
 * The sentence.
 */
reason: string, };

/**
 * Turn the relay on or off. What Claude Code is told of it is the asker's to do.
 */
export type RelayRequest = { 
/**
 * What it is to be.
 */
mode: RelayMode, 
/**
 * The proxy that was there before, with its login: `http://user:password@host:port`.
 */
proxy: string | null, 
/**
 * The hosts that do not go through it, as in `NO_PROXY`.
 */
noProxy: string | null, 
/**
 * The API's hosts, when Claude Code was told of another than the official one.
 */
hosts: Array<string>, 
/**
 * Gateway: the base URL that was there before; without one the official host.
 */
upstream: string | null, 
/**
 * Gateway: the file of further authorities that Claude Code trusts, as `NODE_EXTRA_CA_CERTS` names it.
 */
extraCertificates: string | null, 
/**
 * Off: its port is given up at once, because nobody was led there.
 */
atOnce: boolean, };

/**
 * How the relay is.
 */
export type RelayStatus = { 
/**
 * What it is to be.
 */
mode: RelayMode, 
/**
 * Its port on 127.0.0.1, the same across restarts; none while it was never on.
 */
port: number | null, 
/**
 * It serves. Turned off it goes on for a day, passing everything through as it comes: programs that began while it was on know no other way.
 */
isListening: boolean, 
/**
 * Why it does not serve although it should, in a sentence with the next step.
 */
problem: string | null, 
/**
 * It leads to the proxy that was there before.
 */
isChained: boolean, 
/**
 * Where its gateway leads; none while it has none.
 */
upstream: string | null, 
/**
 * Connections now.
 */
connections: number, 
/**
 * Connections that ended since the daemon began.
 */
ended: number, 
/**
 * Clients that were refused since then: other users, web pages, no sane request.
 */
refused: number, 
/**
 * Connections that wait for an outage to pass.
 */
outages: Array<RelayOutage>, 
/**
 * Silence after which a connection to the API is reset. Seconds.
 */
stallAfterSeconds: number, 
/**
 * Attempts to connect.
 */
attempts: number, 
/**
 * How long connecting may take. Seconds.
 */
budgetSeconds: number, };

/**
 * A connection that waits.
 */
export type RelayOutage = { 
/**
 * Where it is to lead.
 */
host: string, 
/**
 * Attempts that have failed.
 */
attempt: number, 
/**
 * Attempts there will be.
 */
of: number, 
/**
 * `refused`, `unreachable`, `dns`, `timedOut`, `noRoute`, `proxy`.
 */
reason: string, 
/**
 * Until the next attempt, in milliseconds; 0 while it is under way, none when that is not known.
 */
nextInMs: number | null, };

/**
 * Ask an older daemon to leave.
 */
export type HandOverRequest = { 
/**
 * Version of the binary that wants to serve.
 */
version: string, };

/**
 * The older daemon's answer.
 */
export type HandOverAnswer = { 
/**
 * True: it has saved its state, and the socket is free once this connection ends.
 */
leaving: boolean, 
/**
 * Version of the daemon that answers.
 */
version: string, };

/**
 * Run VS Code's own graceful restart.
 */
export type RestartHostParams = { 
/**
 * The incident it belongs to.
 */
incidentId: string, };

/**
 * Freeze this window's host for a drill.
 */
export type FreezeParams = { 
/**
 * How.
 */
kind: DrillKind, };

/**
 * Why something is known: one signal, from one witness.
 */
export type EvidenceItem = { 
/**
 * Who saw it: `mainThread`, `worker`, `kernel`, `debugger`, `machine` or `user`. Two different ones are needed for a kill.
 */
witness: string, 
/**
 * The observation in words, with its figures.
 */
text: string, };

/**
 * How an incident ended, or where it stands.
 */
export type Outcome = "open" | "recovered" | "cameBack" | "refused" | "notVerified" | "crashRecovered";

/**
 * One freeze, crash or requested restart, from first silence to its end.
 */
export type Incident = { 
/**
 * Unique; sorts by time.
 */
id: string, 
/**
 * The window.
 */
windowId: string, 
/**
 * What a person calls the window.
 */
label: string, 
/**
 * The host it happened to.
 */
hostPid: number, 
/**
 * The host that took over.
 */
newHostPid: number | null, 
/**
 * `freeze`, `crash`, `requested`, `drill`, `memory` (it would have run out) or `refresh` (it had run for long, or had become slow).
 */
cause: string, 
/**
 * Verdict at the decision: `deadlock`, `onChild`, `spinning`, `gcThrash`, …
 */
verdict: string, 
/**
 * Why.
 */
evidence: Array<EvidenceItem>, 
/**
 * How it ended.
 */
outcome: Outcome, 
/**
 * Why nothing was done, for `refused` and `notVerified`: a code of [`Notice::code`].
 */
reason: string | null, 
/**
 * When it began (last sign of life), milliseconds since the Unix epoch.
 */
beganUnixMs: number, 
/**
 * Last sign of life → verdict, in milliseconds.
 */
verdictAfterMs: number | null, 
/**
 * Last sign of life → kill or graceful restart, in milliseconds.
 */
actedAfterMs: number | null, 
/**
 * Last sign of life → new host attached (or the host came back), in milliseconds.
 */
endedAfterMs: number | null, 
/**
 * The snapshot that was made before acting.
 */
snapshotId: string | null, 
/**
 * What the snapshot holds and what survived, in counts.
 */
preserved: Preserved | null, 
/**
 * Who froze it, when that could be found out.
 */
culprit: Culprit | null, 
/**
 * V8 heap in use when it was decided, in bytes, for the cause `memory`.
 */
heapUsedBytes: number | null, 
/**
 * V8 heap limit, in bytes, for the cause `memory`.
 */
heapLimitBytes: number | null, };

/**
 * What was preserved, in counts.
 */
export type Preserved = { 
/**
 * Open tabs.
 */
tabs: number, 
/**
 * Documents with unsaved text.
 */
dirtyDocuments: number, 
/**
 * Terminals.
 */
terminals: number, };

/**
 * The code that a frozen host was caught in: its innermost frame that belongs to an extension.
 */
export type Culprit = { 
/**
 * `publisher.name`; none when the frames belong to no extension.
 */
extensionId: string | null, 
/**
 * Its version.
 */
version: string | null, 
/**
 * What the marketplace calls it.
 */
displayName: string | null, 
/**
 * The function.
 */
function: string, 
/**
 * The file, relative to the extension's folder.
 */
file: string, 
/**
 * The line, from 1.
 */
line: number, 
/**
 * Where its authors take bug reports, from its `package.json`; an http or https address.
 */
bugsUrl: string | null, 
/**
 * How often this extension froze this window in the last seven days, this time included.
 */
timesThisWeek: number, };

/**
 * Something the user must know. Rust gives the code and the parameters, TypeScript the words.
 */
export type Notice = { 
/**
 * Unique; a notice that was shown is not shown again.
 */
id: string, 
/**
 * `recovered`, `crashRecovered`, `refusedBudget`, `refusedUnsaved`, `refusedCannotSave`, `refusedIdentity`, `notVerified`, `ask`,
 * `observed`, `stopped`, `unclear` (silent for long, for no certain reason), `unguarded` (a window without Lifeline is frozen),
 * `memoryHigh`, `memoryCritical`, `machineMemory`, `refreshOffered`, `sessionEnded`, `sessionCut`, `turnDied`, `turnsDie`, `turnBreaks`, `turnStalled`, `leftBehind`,
 * `gaveBack`, `apiUnreachable` (the relay has given up for now).
 */
code: string, 
/**
 * The window it is about; not always the one that shows it.
 */
windowId: string, 
/**
 * The same, as one English sentence with its figures and the next step.
 */
text: string, 
/**
 * The incident it is about.
 */
incident: Incident | null, 
/**
 * The Claude session it is about.
 */
sessionId: string | null, };

/**
 * The daemon and all windows.
 */
export type StatusReport = { 
/**
 * Version of the daemon.
 */
daemonVersion: string, 
/**
 * Its process id.
 */
daemonPid: number, 
/**
 * How long it has been running, in milliseconds.
 */
uptimeMs: number, 
/**
 * Its resident memory, in bytes.
 */
rssBytes: number, 
/**
 * Why it cannot save, when it cannot; it then refuses to kill.
 */
cannotSave: string | null, 
/**
 * Windows, in order of attachment.
 */
windows: Array<WindowStatus>, 
/**
 * The machine.
 */
machine: MachineStatus, 
/**
 * Claude Code's IDE sockets, by port.
 */
sockets: Array<SocketStatus>, 
/**
 * Lock files that could not be used, each in a sentence.
 */
lockProblems: Array<string>, 
/**
 * Claude Code processes that belong to a window: children of its host, and clients of its socket.
 */
claude: Array<ClaudeProcess>, 
/**
 * Sessions whose connection to the API has trouble, in whatever window or terminal, the worst first.
 */
connections: Array<ConnectionStatus>, };

/**
 * One window.
 */
export type WindowStatus = { 
/**
 * The window.
 */
windowId: string, 
/**
 * What a person calls it.
 */
label: string, 
/**
 * Its extension host; none between two hosts.
 */
hostPid: number | null, 
/**
 * `healthy`, `late`, `deadlock`, `onChild`, `spinning`, `gcThrash`, `starved`, `ioStuck`, `stopped`, `traced`, `suspended`, `gone`.
 */
verdict: string, 
/**
 * Why.
 */
evidence: Array<EvidenceItem>, 
/**
 * `watching`, `suspect`, `saving`, `restarting`, `verifying`, `asking`, `gaveUp`.
 */
phase: string, 
/**
 * Protection is paused by the user.
 */
paused: boolean, 
/**
 * What Lifeline may do by itself here.
 */
mode: RecoveryMode, 
/**
 * Milliseconds since the last sign of life of the main thread.
 */
silentMs: number | null, 
/**
 * Host exits that count against VS Code's limit, in the last 5 minutes. At 2 nothing is killed any more.
 */
restartsInWindow: number, 
/**
 * Event-loop delay of the last beat, 99th percentile, in milliseconds.
 */
delayP99Ms: number | null, 
/**
 * V8 heap in use, in bytes, at the last beat.
 */
heapUsedBytes: number | null, 
/**
 * V8 heap limit, in bytes.
 */
heapLimitBytes: number | null, 
/**
 * Resident memory of the host, in bytes, at the last beat.
 */
rssBytes: number | null, 
/**
 * What the user must know and has not been told in the window yet, or what still holds.
 */
notices: Array<Notice>, 
/**
 * Lifeline is attached there. Otherwise all is known from outside, and nothing is ever done.
 */
guarded: boolean, 
/**
 * How long Lifeline has watched this host, in milliseconds.
 */
hostAgeMs: number | null, 
/**
 * Memory of the host, once it has beaten.
 */
memory: MemoryStatus | null, 
/**
 * What makes the host slow, in words, when it has become so.
 */
degraded: string | null, 
/**
 * An orderly restart is meant, and this is what it waits for.
 */
waitsFor: string | null, 
/**
 * Sessions of this window whose connection to the API has trouble, the worst first.
 */
connections: Array<ConnectionStatus>, 
/**
 * How many sessions have such trouble at once, when they are so many that it is the network or the service.
 */
stormSessions: number | null, 
/**
 * Connections through the relay, of whatever session, wait for an outage to pass: the one that was tried most often.
 */
relayOutage: RelayOutage | null, };

/**
 * How a host does with its memory.
 */
export type MemoryStatus = { 
/**
 * `normal`, `high` or `critical`.
 */
level: string, 
/**
 * V8 heap in use, in percent of its limit.
 */
percent: number, 
/**
 * How fast it grows, in bytes per minute; negative when it shrinks, none before there is a trend.
 */
bytesPerMinute: number | null, 
/**
 * When it reaches its limit at that rate, in seconds; none when it does not.
 */
secondsToLimit: number | null, 
/**
 * Percent of the limit over the last ten minutes, oldest first, one value per ten seconds.
 */
history: Array<number>, };

/**
 * The machine, or the container around us.
 */
export type MachineStatus = { 
/**
 * Memory, in bytes: the machine's, or the container's limit where that is less.
 */
memoryTotalBytes: number | null, 
/**
 * What of it can still be had without swapping, in bytes.
 */
memoryAvailableBytes: number | null, 
/**
 * The limit is a container's.
 */
memoryIsLimited: boolean, 
/**
 * `normal`, `low` or `critical`.
 */
memoryLevel: string, 
/**
 * Share of the last 10 s in which some task waited for a CPU, in percent.
 */
cpuPressurePercent: number | null, 
/**
 * Share of the last 10 s in which all tasks waited for memory, in percent.
 */
memoryPressurePercent: number | null, };

/**
 * One IDE socket, as its lock file and our heartbeat tell.
 */
export type SocketStatus = { 
/**
 * Its port on the loopback interface.
 */
port: number, 
/**
 * What the lock file calls the editor.
 */
ideName: string, 
/**
 * Workspace folders in the lock file.
 */
workspaceFolders: Array<string>, 
/**
 * `answers`, `silent` (the kernel takes the connection, the program does not), `nobody` (no listener: the lock is stale),
 * `foreign` (something answers that is no IDE), or `unknown` (not probed yet).
 */
answer: string, 
/**
 * Round trip of the last answer, in milliseconds.
 */
roundTripMs: number | null, 
/**
 * Median of the last minutes, in milliseconds.
 */
medianRoundTripMs: number | null, 
/**
 * How often it was probed.
 */
probes: number, 
/**
 * Probes without an answer, altogether.
 */
missed: number, 
/**
 * Probes without an answer since the last answer.
 */
missedInARow: number, 
/**
 * The process that listens.
 */
ownerPid: number | null, 
/**
 * The window whose host that is, when Lifeline is attached there.
 */
windowId: string | null, 
/**
 * Connections that the kernel took and the program has not, where the platform tells.
 */
backlog: number | null, 
/**
 * Processes that are connected to it, ours excepted.
 */
clientPids: Array<number>, 
/**
 * Its host has ended; Lifeline keeps the port for the clients of that host.
 */
bridged: boolean, 
/**
 * The port of the host that they are led to; none while there is none, and for a port that is no bridge.
 */
leadsTo: number | null, 
/**
 * Handshakes with a wrong token that the bridge has refused.
 */
refused: number, };

/**
 * A session whose connection to the API has trouble, or had a moment ago.
 */
export type ConnectionStatus = { 
/**
 * Claude's own id of the session.
 */
sessionId: string, 
/**
 * The window that it belongs to.
 */
windowId: string | null, 
/**
 * The beginning of its last prompt.
 */
title: string, 
/**
 * One of its subagents has the trouble.
 */
ofSubagent: boolean, 
/**
 * `retrying`, `stalled`, `died` or `recovered`.
 */
state: string, 
/**
 * What is wrong, in words.
 */
what: string, 
/**
 * `ECONNRESET`, `ETIMEDOUT`, …
 */
code: string | null, 
/**
 * The HTTP status that the API answered with.
 */
httpStatus: number | null, 
/**
 * The attempt that failed last, from 1.
 */
attempt: number | null, 
/**
 * How many there will be; none when that is not known.
 */
maxAttempts: number | null, 
/**
 * Until the next attempt, in milliseconds; 0 while it is under way.
 */
nextInMs: number | null, 
/**
 * For how long nothing has come, in milliseconds.
 */
silentMs: number | null, 
/**
 * Size of its transcript, in bytes.
 */
bytes: number, };

/**
 * One Claude Code process that belongs to a window.
 */
export type ClaudeProcess = { 
/**
 * Its process id.
 */
pid: number, 
/**
 * `panel` (a child of the host) or `cli` (connected to its socket).
 */
kind: string, 
/**
 * The host that it belongs to.
 */
hostPid: number, 
/**
 * Its resident memory, in bytes.
 */
rssBytes: number, };

/**
 * One snapshot on disk.
 */
export type SnapshotSummary = { 
/**
 * Its id: `lifeline snapshots show ID`.
 */
id: string, 
/**
 * What a person calls the window.
 */
label: string, 
/**
 * When, milliseconds since the Unix epoch.
 */
savedUnixMs: number, 
/**
 * Why it was made.
 */
cause: string, };

/**
 * One Claude session that has a process, or had one a short while ago.
 */
export type SessionStatus = { 
/**
 * Claude's own id of it, a UUID; none while it is not known yet.
 */
sessionId: string | null, 
/**
 * `terminal` (a CLI in a terminal of a VS Code window), `panel` (a child of an extension host), `elsewhere` (a CLI in any
 * other terminal), or `background` (a CLI without a terminal).
 */
kind: string, 
/**
 * Its process; none once that has ended.
 */
pid: number | null, 
/**
 * The window that it belongs to: whose host started it, whose terminal it runs in, or whose socket it is connected to.
 */
windowId: string | null, 
/**
 * The shell of the VS Code terminal that it runs in: what `Terminal.processId` says there.
 */
shellPid: number | null, 
/**
 * The folder that it works in, as a path.
 */
folder: string | null, 
/**
 * Its transcript, as a path.
 */
transcript: string | null, 
/**
 * `idle`, `thinking` (the answer is on its way), `tool` (a tool runs), `waiting` (for the user's answer to a question),
 * `retrying` (the connection to the API broke, and it tries again), `failed` (the last turn ended with an error),
 * `cut` (its process ended in the middle of a turn), `ended` (its process ended between two turns), or `unknown`.
 */
state: string, 
/**
 * The user's last prompt, in at most 500 characters.
 */
lastPrompt: string | null, 
/**
 * What Claude has said of the answer to it so far, in at most 2000 characters; none when the turn is over.
 */
partialAnswer: string | null, 
/**
 * Tool calls without a result, oldest first.
 */
pendingTools: Array<PendingTool>, 
/**
 * Subagents that are at work.
 */
subagents: number, 
/**
 * Resident memory of its process, in bytes.
 */
rssBytes: number | null, 
/**
 * When its process started, milliseconds since the Unix epoch.
 */
startedUnixMs: number | null, 
/**
 * When its transcript was last written to, milliseconds since the Unix epoch.
 */
activeUnixMs: number | null, 
/**
 * The branch that Claude noted in its last record.
 */
gitBranch: string | null, 
/**
 * Its connection to the window's IDE socket goes through Lifeline's bridge.
 */
bridged: boolean, };

/**
 * A tool call that has no result yet.
 */
export type PendingTool = { 
/**
 * The tool: `Bash`, `Edit`, …
 */
name: string, 
/**
 * What it was asked to do, in at most 200 characters: a command, a file.
 */
summary: string, 
/**
 * When, milliseconds since the Unix epoch.
 */
sinceUnixMs: number | null, };

/**
 * Resume a session whose process has ended, or show the one that is there.
 */
export type ResumeRequest = { 
/**
 * The session.
 */
sessionId: string, 
/**
 * Where to open it; none for the window that asks.
 */
windowId: string | null, };

/**
 * Let a session whose turn died go on: it is told `continue`.
 */
export type ContinueRequest = { 
/**
 * The session.
 */
sessionId: string, 
/**
 * Compact it instead: its turns die because it is too large.
 */
compact: boolean, };

/**
 * What became of a [`ResumeRequest`] or a [`ContinueRequest`].
 */
export type SessionAnswer = { "result": "started" } | { "result": "alreadyOpen", 
/**
 * The shell of its terminal; none when it is not in a VS Code terminal.
 */
shellPid: number | null, } | { "result": "refused", 
/**
 * Why.
 */
reason: string, };

/**
 * Daemon → window: bring a session back.
 */
export type OpenSessionParams = { 
/**
 * The session.
 */
sessionId: string, 
/**
 * The folder to open it in, as a path.
 */
folder: string | null, 
/**
 * `panel` (in the Claude Code extension's own view where that can be had, else in a terminal) or `terminal`.
 */
kind: string, 
/**
 * Typed once it is open; none to leave it as it is.
 */
prompt: string | null, };

/**
 * What a window answers to [`OpenSessionParams`].
 */
export type OpenSessionAnswer = { 
/**
 * It was opened.
 */
opened: boolean, 
/**
 * `command`, `uri` or `terminal`; none when it was not.
 */
how: string | null, };

/**
 * Daemon → window: type a line into exactly this terminal. Answered with whether it was.
 */
export type TypeInTerminalParams = { 
/**
 * Its shell.
 */
shellPid: number, 
/**
 * The line, without its end.
 */
text: string, };

