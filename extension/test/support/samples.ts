// Sample values of the wire's types.
import type {
  ConnectionStatus,
  Culprit,
  EditorContext,
  Incident,
  MemoryStatus,
  Notice,
  SessionStatus,
  StatusReport,
  WindowHello,
  WindowStatus,
} from "../../src/generated/protocol";
import type { Surroundings } from "../../src/pure/surroundings";

export const window: WindowHello = {
  windowId: "w1",
  label: "project",
  workspaceKey: "k1",
  hostPid: process.pid,
  vscodeVersion: "1.100.3",
  appName: "test",
  canRestartGracefully: false,
  mayBeDebugged: false,
};

export function context(change: Partial<EditorContext> = {}): EditorContext {
  return {
    workspaceFolders: ["file:///project"],
    tabs: [],
    visibleEditors: [],
    dirtyDocuments: [],
    dirtyCustomEditors: [],
    dirtyNotebooks: [],
    debugSessions: [],
    terminals: [],
    runningTasks: [],
    ...change,
  };
}

export function incident(change: Partial<Incident> = {}): Incident {
  return {
    id: "20250101T120000-1",
    windowId: "w1",
    label: "project",
    hostPid: 4711,
    newHostPid: 4712,
    cause: "freeze",
    verdict: "deadlock",
    evidence: [
      { witness: "worker", text: "the main thread's counter stood still for 15.0 s" },
      { witness: "kernel", text: "state S in futex_do_wait, 0 context switches" },
    ],
    outcome: "recovered",
    reason: null,
    beganUnixMs: 1_735_732_800_000,
    verdictAfterMs: 3100,
    actedAfterMs: 15_020,
    endedAfterMs: 16_420,
    snapshotId: "s-1",
    preserved: { tabs: 12, dirtyDocuments: 2, terminals: 3 },
    culprit: null,
    heapUsedBytes: null,
    heapLimitBytes: null,
    ...change,
  };
}

export function culprit(change: Partial<Culprit> = {}): Culprit {
  return {
    extensionId: "acme.linter",
    version: "1.4.2",
    displayName: "ACME Linter",
    function: "scanAll",
    file: "main.js",
    line: 812,
    bugsUrl: "https://example.org/acme/linter/issues",
    timesThisWeek: 3,
    ...change,
  };
}

export function notice(code: string, change: Partial<Notice> = {}): Notice {
  return { id: `n-${code}`, code, windowId: "w1", text: "FALLBACK", incident: incident(), sessionId: null, ...change };
}

export const ID = "11111111-2222-4333-8444-555555555555";

export function session(change: Partial<SessionStatus> = {}): SessionStatus {
  return {
    sessionId: ID,
    kind: "terminal",
    pid: 4711,
    windowId: "w1",
    shellPid: 4700,
    folder: "/home/me/project",
    transcript: `/home/me/.claude/projects/-home-me-project/${ID}.jsonl`,
    state: "idle",
    lastPrompt: "fix the parser",
    partialAnswer: null,
    pendingTools: [],
    subagents: 0,
    rssBytes: 212e6,
    startedUnixMs: 1_735_732_000_000,
    activeUnixMs: 1_735_732_700_000,
    gitBranch: null,
    bridged: false,
    ...change,
  };
}

export function memory(change: Partial<MemoryStatus> = {}): MemoryStatus {
  return { level: "normal", percent: 5, bytesPerMinute: null, secondsToLimit: null, history: [], ...change };
}

export function connection(change: Partial<ConnectionStatus> = {}): ConnectionStatus {
  return {
    sessionId: "77baf6cb-0ea0-492d-9e1d-0a272e071b6c",
    windowId: "w1",
    title: "fix *it*",
    ofSubagent: false,
    state: "retrying",
    what: "the connection broke (ECONNRESET)",
    code: "ECONNRESET",
    httpStatus: null,
    attempt: 2,
    maxAttempts: 10,
    nextInMs: 2300,
    silentMs: null,
    bytes: 9_100_000,
    ...change,
  };
}

export function windowStatus(change: Partial<WindowStatus> = {}): WindowStatus {
  return {
    windowId: "w1",
    label: "project",
    hostPid: 4711,
    verdict: "healthy",
    evidence: [],
    phase: "watching",
    paused: false,
    mode: "automatic",
    silentMs: 400,
    restartsInWindow: 0,
    delayP99Ms: 3.2,
    heapUsedBytes: 212e6,
    heapLimitBytes: 4_496_293_888,
    rssBytes: 480e6,
    notices: [],
    guarded: true,
    hostAgeMs: 7_500_000,
    memory: memory(),
    degraded: null,
    waitsFor: null,
    connections: [],
    stormSessions: null,
    relayOutage: null,
    ...change,
  };
}

export function statusReport(change: Partial<StatusReport> = {}): StatusReport {
  return {
    daemonVersion: "0.1.0",
    daemonPid: 99,
    uptimeMs: 3_600_000,
    rssBytes: 6.1e6,
    cannotSave: null,
    windows: [windowStatus(), windowStatus({ windowId: "w2", label: "other" })],
    machine: {
      memoryTotalBytes: 16e9,
      memoryAvailableBytes: 0.8e9,
      memoryIsLimited: false,
      memoryLevel: "low",
      cpuPressurePercent: 12.4,
      memoryPressurePercent: 0.2,
    },
    sockets: [],
    lockProblems: [],
    claude: [],
    connections: [],
    ...change,
  };
}

/** What window `w1` knows when it is told this. */
export function surroundings(own: WindowStatus = windowStatus(), report = statusReport()): Surroundings {
  const others = report.windows.filter(({ windowId }) => windowId !== "w1");
  return { ownWindowId: "w1", windows: [own, ...others], machine: report.machine };
}
