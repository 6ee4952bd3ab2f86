// What may be asked about a session, by the daemon and by a person, held against what it must be before anything is typed or opened.
import type { OpenSessionParams, SessionStatus, TypeInTerminalParams } from "../generated/protocol";
import { isAbsolute } from "./shell";

/** The Claude Code extension. */
export const CLAUDE_EXTENSION = "anthropic.claude-code";
/** From this major version on it opens `…/open?session=…`. */
const URI_SINCE_MAJOR = 2;

const SESSION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A line break, another control character, or one that reorders what is read. */
const NOT_TYPABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
const MOST_TYPED = 200;
/** What VS Code decodes and does not encode again on the way of an address to its handler. */
const LOST_IN_ADDRESS = /[&#+?=%]/;

/** A session that something shall be done with. */
export interface SessionTarget {
  readonly sessionId: string | null;
  /** None once its process has ended, and where only the id is known. */
  readonly pid: number | null;
  readonly shellPid: number | null;
  readonly folder: string | null;
  readonly transcript: string | null;
}

/** Claude's ids are UUIDs. Nothing else is put on a command line. */
export function isSessionId(value: unknown): value is string {
  return typeof value === "string" && SESSION_ID.test(value);
}

/** One line that a terminal takes as text: no control characters, at most 200 characters. */
export function isTypable(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= MOST_TYPED && !NOT_TYPABLE.test(value);
}

function isPid(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

/** Its turn died. */
export function mayContinue({ state, sessionId }: Pick<SessionStatus, "state" | "sessionId">): boolean {
  return sessionId !== null && (state === "failed" || state === "cut");
}

/** The session behind what a command is called with: a row of the view, or what one of our messages hands over. */
export function sessionTarget(argument: unknown): SessionTarget | undefined {
  const target = fieldsOf(fieldsOf(argument)?.["target"] ?? argument);
  if (!target) return undefined;
  const { sessionId, pid, shellPid, folder, transcript } = target;
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  const found: SessionTarget = {
    sessionId: isSessionId(sessionId) ? sessionId : null,
    pid: isPid(pid) ? pid : null,
    shellPid: isPid(shellPid) ? shellPid : null,
    folder: text(folder),
    transcript: text(transcript),
  };
  return found.sessionId === null && found.shellPid === null && found.transcript === null ? undefined : found;
}

/** The daemon's request to open a session; undefined when it must not be followed. */
export function readOpenSession(params: unknown): OpenSessionParams | undefined {
  const fields = fieldsOf(params);
  if (!fields) return undefined;
  const { sessionId, folder = null, kind, prompt = null } = fields;
  if (!isSessionId(sessionId) || (kind !== "panel" && kind !== "terminal")) return undefined;
  if (folder !== null && (typeof folder !== "string" || !isAbsolute(folder))) return undefined;
  // An argument that begins with a dash would be an option.
  if (prompt !== null && (!isTypable(prompt) || prompt.startsWith("-"))) return undefined;
  return { sessionId, folder, kind, prompt };
}

/** The daemon's request to type a line; undefined when it must not be followed. */
export function readTypeInTerminal(params: unknown): TypeInTerminalParams | undefined {
  const fields = fieldsOf(params);
  if (!fields) return undefined;
  const { shellPid, text } = fields;
  return isPid(shellPid) && isTypable(text) ? { shellPid, text } : undefined;
}

/**
 * The documented address that opens a session in the Claude Code extension; undefined when that version knows none, or the prompt would
 * not survive the way.
 */
export function claudeAddress(
  { sessionId, prompt }: Pick<OpenSessionParams, "sessionId" | "prompt">,
  scheme: string,
  version: unknown,
): string | undefined {
  const major = typeof version === "string" ? Number.parseInt(version, 10) : Number.NaN;
  if (!(major >= URI_SINCE_MAJOR) || !/^[a-z][a-z0-9+.-]*$/i.test(scheme) || !isSessionId(sessionId)) return undefined;
  if (prompt === null) return `${scheme}://${CLAUDE_EXTENSION}/open?session=${sessionId}`;
  if (LOST_IN_ADDRESS.test(prompt)) return undefined;
  return `${scheme}://${CLAUDE_EXTENSION}/open?session=${sessionId}&prompt=${encodeURIComponent(prompt)}`;
}

function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
