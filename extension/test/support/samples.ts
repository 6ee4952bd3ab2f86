// Sample values of the wire's types.
import type { EditorContext, Incident, WindowHello, WindowStatus } from "../../src/generated/protocol";

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
    ...change,
  };
}
