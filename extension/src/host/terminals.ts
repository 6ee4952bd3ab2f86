// The terminals of this window, by the process id of their shells.
import type * as vscode from "vscode";
import { window } from "vscode";

/** A shell that was started has its process id by then. */
const PATIENCE_MS = 1000;
/** A new one may have to wait for its window's start. */
const START_PATIENCE_MS = 10_000;

/** The terminal of a shell that runs; undefined when it is in none of this window's. */
export async function terminalOfShell(shellPid: number): Promise<vscode.Terminal | undefined> {
  const terminals = [...window.terminals];
  const pids = await Promise.all(terminals.map((terminal) => shellOf(terminal, PATIENCE_MS)));
  return terminals.find((terminal, i) => pids[i] === shellPid && terminal.exitStatus === undefined);
}

/** Whether its shell came up. */
export async function isStarted(terminal: vscode.Terminal): Promise<boolean> {
  return (await shellOf(terminal, START_PATIENCE_MS)) !== undefined && terminal.exitStatus === undefined;
}

/** Some terminals have no process, or not yet, and their promise stays open. */
async function shellOf(terminal: vscode.Terminal, patienceMs: number): Promise<number | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  try {
    return await Promise.race([terminal.processId, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
