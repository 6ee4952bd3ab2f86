// What the daemon sends is checked before it is believed: the few fields whose absence would break the user interface.
import type {
  Incident,
  Notice,
  ProcessesReport,
  ProcessStatus,
  Reaped,
  SessionAnswer,
  SessionStatus,
  StatusReport,
  Welcome,
  WindowStatus,
} from "../generated/protocol";
import { isSessionId } from "./session-requests";

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEvidence(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((item) => isFields(item) && typeof item["witness"] === "string" && typeof item["text"] === "string")
  );
}

/** A field that an older daemon does not send, or that has nothing to say. */
function isAbsent(value: unknown): boolean {
  return value === null || value === undefined;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return isAbsent(value) || (Array.isArray(value) && value.every(isOne));
}

function isCulprit(value: unknown): boolean {
  return (
    isFields(value) &&
    isText(value["function"]) &&
    isText(value["file"]) &&
    typeof value["line"] === "number" &&
    typeof value["timesThisWeek"] === "number" &&
    ["extensionId", "version", "displayName", "bugsUrl"].every((name) => isAbsent(value[name]) || isText(value[name]))
  );
}

function isMemory(value: unknown): boolean {
  return (
    isFields(value) &&
    isText(value["level"]) &&
    typeof value["percent"] === "number" &&
    Array.isArray(value["history"]) &&
    value["history"].every((one) => typeof one === "number")
  );
}

function isSocket(value: unknown): boolean {
  return (
    isFields(value) &&
    typeof value["port"] === "number" &&
    isText(value["ideName"]) &&
    isText(value["answer"]) &&
    Array.isArray(value["workspaceFolders"]) &&
    value["workspaceFolders"].every(isText) &&
    Array.isArray(value["clientPids"]) &&
    value["clientPids"].every((pid) => typeof pid === "number")
  );
}

function isClaudeProcess(value: unknown): boolean {
  return (
    isFields(value) &&
    isText(value["kind"]) &&
    ["pid", "hostPid", "rssBytes"].every((name) => typeof value[name] === "number")
  );
}

/** The daemon's introduction, from the answer to `initialize`. */
export function readWelcome(answer: unknown): Welcome | undefined {
  const capabilities = isFields(answer) ? answer["capabilities"] : undefined;
  const experimental = isFields(capabilities) ? capabilities["experimental"] : undefined;
  const welcome = isFields(experimental) ? experimental["lifeline"] : undefined;
  if (!isFields(welcome)) return undefined;
  const { protocol, daemonVersion, daemonPid } = welcome;
  if (typeof protocol !== "number" || typeof daemonVersion !== "string" || typeof daemonPid !== "number")
    return undefined;
  return { protocol, daemonVersion, daemonPid };
}

/** An incident with the fields that are read. */
export function isIncident(value: unknown): value is Incident {
  return (
    isFields(value) &&
    ["id", "windowId", "label", "cause", "verdict", "outcome"].every((name) => typeof value[name] === "string") &&
    typeof value["beganUnixMs"] === "number" &&
    isEvidence(value["evidence"]) &&
    (isAbsent(value["culprit"]) || isCulprit(value["culprit"]))
  );
}

/** A notice with the fields that are read. */
export function isNotice(value: unknown): value is Notice {
  return (
    isFields(value) &&
    ["id", "code", "text"].every((name) => typeof value[name] === "string") &&
    ["windowId", "sessionId"].every((name) => isAbsent(value[name]) || isText(value[name])) &&
    (isAbsent(value["incident"]) || isIncident(value["incident"]))
  );
}

function isConnection(value: unknown): boolean {
  const isNumber = (name: string): boolean =>
    isFields(value) && (isAbsent(value[name]) || Number.isFinite(value[name]));
  return (
    isFields(value) &&
    ["sessionId", "title", "state", "what"].every((name) => isText(value[name])) &&
    typeof value["ofSubagent"] === "boolean" &&
    ["httpStatus", "attempt", "maxAttempts", "nextInMs", "silentMs", "bytes"].every(isNumber)
  );
}

function isRelayOutage(value: unknown): boolean {
  return (
    isFields(value) &&
    isText(value["host"]) &&
    isText(value["reason"]) &&
    Number.isFinite(value["attempt"]) &&
    Number.isFinite(value["of"]) &&
    (isAbsent(value["nextInMs"]) || Number.isFinite(value["nextInMs"]))
  );
}

/** A window's status with the fields that are read. */
export function isWindowStatus(value: unknown): value is WindowStatus {
  return (
    isFields(value) &&
    ["windowId", "label", "verdict", "phase", "mode"].every((name) => typeof value[name] === "string") &&
    typeof value["paused"] === "boolean" &&
    typeof value["restartsInWindow"] === "number" &&
    isEvidence(value["evidence"]) &&
    (isAbsent(value["memory"]) || isMemory(value["memory"])) &&
    ["degraded", "waitsFor"].every((name) => isAbsent(value[name]) || isText(value[name])) &&
    (isAbsent(value["connections"]) || isListOf(value["connections"], isConnection)) &&
    (isAbsent(value["stormSessions"]) || typeof value["stormSessions"] === "number") &&
    (isAbsent(value["relayOutage"]) || isRelayOutage(value["relayOutage"])) &&
    Array.isArray(value["notices"]) &&
    value["notices"].every(isNotice)
  );
}

/** The daemon's status with the fields that are read. */
export function isStatusReport(value: unknown): value is StatusReport {
  return (
    isFields(value) &&
    typeof value["daemonVersion"] === "string" &&
    typeof value["daemonPid"] === "number" &&
    typeof value["uptimeMs"] === "number" &&
    typeof value["rssBytes"] === "number" &&
    Array.isArray(value["windows"]) &&
    value["windows"].every(isWindowStatus) &&
    (isAbsent(value["machine"]) || isFields(value["machine"])) &&
    isListOf(value["sockets"], isSocket) &&
    isListOf(value["lockProblems"], isText) &&
    isListOf(value["claude"], isClaudeProcess)
  );
}

/** A list of incidents; what is not one is left out. */
export function readIncidents(value: unknown): Incident[] {
  return Array.isArray(value) ? value.filter(isIncident) : [];
}

function isPendingTool(value: unknown): boolean {
  return (
    isFields(value) &&
    isText(value["name"]) &&
    isText(value["summary"]) &&
    (isAbsent(value["sinceUnixMs"]) || typeof value["sinceUnixMs"] === "number")
  );
}

/** Sessions as they are shown, with every field; what is not one is left out, and so is an id that is none. */
export function readSessions(value: unknown): SessionStatus[] {
  return Array.isArray(value) ? value.flatMap((one) => readSession(one) ?? []) : [];
}

function readSession(value: unknown): SessionStatus | undefined {
  if (!isFields(value) || !isListOf(value["pendingTools"], isPendingTool)) return undefined;
  const { kind, state, sessionId, subagents } = value;
  if (typeof kind !== "string" || typeof state !== "string") return undefined;
  const text = (name: string): string | null => (typeof value[name] === "string" ? (value[name] as string) : null);
  const number = (name: string): number | null => (typeof value[name] === "number" ? (value[name] as number) : null);
  const tools = (value["pendingTools"] ?? []) as SessionStatus["pendingTools"];
  return {
    kind,
    state,
    sessionId: isSessionId(sessionId) ? sessionId : null,
    pid: number("pid"),
    windowId: text("windowId"),
    shellPid: number("shellPid"),
    folder: text("folder"),
    transcript: text("transcript"),
    lastPrompt: text("lastPrompt"),
    partialAnswer: text("partialAnswer"),
    pendingTools: tools.map((tool) => ({ ...tool, sinceUnixMs: tool.sinceUnixMs ?? null })),
    subagents: typeof subagents === "number" ? subagents : 0,
    rssBytes: number("rssBytes"),
    startedUnixMs: number("startedUnixMs"),
    activeUnixMs: number("activeUnixMs"),
    gitBranch: text("gitBranch"),
    bridged: value["bridged"] === true,
  };
}

/** What became of a request to open or continue a session; undefined when it cannot be read. */
export function readSessionAnswer(value: unknown): SessionAnswer | undefined {
  if (!isFields(value)) return undefined;
  const { result, reason, shellPid } = value;
  if (result === "started") return { result };
  if (result === "alreadyOpen") return { result, shellPid: typeof shellPid === "number" ? shellPid : null };
  return result === "refused" && typeof reason === "string" ? { result, reason } : undefined;
}

/** The processes as they are shown, with every field; what is not one is left out. */
export function readProcesses(value: unknown): ProcessesReport {
  const fields = isFields(value) ? value : {};
  const number = (name: string): number => (typeof fields[name] === "number" ? (fields[name] as number) : 0);
  const { processes, mode } = fields;
  return {
    processes: Array.isArray(processes) ? processes.flatMap((one) => readProcess(one) ?? []) : [],
    mode: mode === "certain" || mode === "never" ? mode : "ask",
    givenBackProcesses: number("givenBackProcesses"),
    givenBackBytes: number("givenBackBytes"),
  };
}

function readProcess(value: unknown): ProcessStatus | undefined {
  if (!isFields(value)) return undefined;
  const { id, pid, kind, grade, command, sessionId } = value;
  if (![id, kind, grade, command].every(isText) || typeof pid !== "number") return undefined;
  const text = (name: string): string | null => (typeof value[name] === "string" ? (value[name] as string) : null);
  const number = (name: string): number => (typeof value[name] === "number" ? (value[name] as number) : 0);
  const texts = (name: string): string[] =>
    (Array.isArray(value[name]) ? (value[name] as unknown[]) : []).filter(isString);
  return {
    id: id as string,
    pid,
    parentPid: number("parentPid"),
    kind: kind as string,
    grade: grade as string,
    command: command as string,
    sessionId: isSessionId(sessionId) ? sessionId : null,
    folder: text("folder"),
    transcript: text("transcript"),
    ageMs: number("ageMs"),
    rssBytes: number("rssBytes"),
    treePids: pids(value["treePids"]),
    treeBytes: number("treeBytes"),
    why: texts("why"),
    doubts: texts("doubts"),
  };
}

/** What became of processes that were to end. */
export function readReaped(value: unknown): Reaped[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isFields).map((one) => ({
    id: String(one["id"] ?? ""),
    ended: pids(one["ended"]),
    left: pids(one["left"]),
    bytes: typeof one["bytes"] === "number" ? one["bytes"] : 0,
    reason: isString(one["reason"]) ? one["reason"] : null,
  }));
}

function pids(value: unknown): number[] {
  return (Array.isArray(value) ? value : []).filter((pid): pid is number => typeof pid === "number");
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
