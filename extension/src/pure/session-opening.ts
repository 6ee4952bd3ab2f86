// How a session is brought back: in Claude Code's own view where that can be had, else in a terminal. Never twice.
import type { OpenSessionAnswer, OpenSessionParams } from "../generated/protocol";
import { claudeAddress } from "./session-requests";
import { claudeCommand, type Dialect } from "./shell";

/** What the window can do; `host/requests.ts` has the real one. */
export interface OpeningWindow {
  /** How the shell of a new terminal reads a line. */
  readonly dialect: Dialect;
  /** Of addresses that lead to this window; undefined where they would lead out of it. */
  readonly scheme: string | undefined;
  /** Version of the Claude Code extension, which runs then; undefined when it is not there. */
  claudeVersion(): Promise<unknown>;
  hasOpenCommand(): Promise<boolean>;
  /** Runs it; rejects when it fails. */
  runOpenCommand(sessionId: string, prompt: string | null): Promise<void>;
  /** True when somebody took it. */
  openAddress(address: string): Promise<boolean>;
  /** Whether programs may be run here, and in this folder. */
  mayRunIn(folder: string | null): Promise<boolean>;
  /** True when its shell came up; else nothing of it is left. */
  runInTerminal(command: string, folder: string | null): Promise<boolean>;
  log(line: string): void;
}

const NOT_OPENED: OpenSessionAnswer = { opened: false, how: null };

/** Opens it in the first way that there is. A way that was tried and failed halfway is the last one: two processes on a session fork it. */
export async function openSession(session: OpenSessionParams, window: OpeningWindow): Promise<OpenSessionAnswer> {
  const inPanel = session.kind === "panel" ? await openInPanel(session, window) : undefined;
  return inPanel ?? openInTerminal(session, window);
}

/** Undefined when there is no panel to be had, and nothing was done. */
async function openInPanel(
  { sessionId, prompt }: OpenSessionParams,
  window: OpeningWindow,
): Promise<OpenSessionAnswer | undefined> {
  const version = await window.claudeVersion();
  if (version === undefined) return undefined;
  if (await window.hasOpenCommand()) {
    try {
      await window.runOpenCommand(sessionId, prompt);
      return { opened: true, how: "command" };
    } catch (error) {
      window.log(`Claude Code's command failed: ${String(error)}`);
      return NOT_OPENED;
    }
  }
  const address = window.scheme && claudeAddress({ sessionId, prompt }, window.scheme, version);
  return address && (await window.openAddress(address)) ? { opened: true, how: "uri" } : undefined;
}

async function openInTerminal(
  { sessionId, folder, prompt }: OpenSessionParams,
  window: OpeningWindow,
): Promise<OpenSessionAnswer> {
  const command = claudeCommand(sessionId, prompt, window.dialect);
  if (command === undefined || !(await window.mayRunIn(folder))) return NOT_OPENED;
  return (await window.runInTerminal(command, folder)) ? { opened: true, how: "terminal" } : NOT_OPENED;
}
