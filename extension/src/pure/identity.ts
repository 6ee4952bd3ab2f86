// Which window this is: the same for every extension host that one window goes through, different for any other window.
import { createHash } from "node:crypto";

/** What an extension host knows of its window. */
export interface WindowFacts {
  /** `vscode.env.sessionId`. Alone it is no identity: with telemetry off it is the same constant in every window (VS Code 1.100 and 1.139). */
  readonly sessionId: string;
  /**
   * `context.logUri.path`: `…/logs/<start>/window<N>/exthost/<extension>` on the desktop, `…/logs/<start>/exthost<N>/<extension>` on a server.
   * Measured on servers 1.100.3 and 1.139.1: the same before and after the host was killed, another after a reload and in another window.
   */
  readonly logPath: string;
  /** `workspace.workspaceFile`, as a URI. */
  readonly workspaceFile: string | undefined;
  /** `workspace.workspaceFolders`, as URIs. */
  readonly workspaceFolders: readonly string[];
  readonly appName: string;
  readonly remoteName: string | undefined;
}

/**
 * Identity of the window. The workspace is in it because in some builds windows share a session id. Of several folders without a
 * workspace file only the first counts: adding one must not make the next host look like another window.
 */
export function windowId(facts: WindowFacts): string {
  const window = /^.*\/window\d+(?=\/)/.exec(facts.logPath)?.[0] ?? facts.logPath.replace(/\/[^/]*\/?$/, "");
  return hash(["window", facts.sessionId, window, facts.workspaceFile ?? facts.workspaceFolders[0] ?? ""]);
}

/** The same after a reload, which changes the window's identity. */
export function workspaceKey(facts: WindowFacts): string {
  const workspace = facts.workspaceFile ? [facts.workspaceFile] : [...facts.workspaceFolders].sort();
  // Empty windows have nothing in common: each is its own.
  if (workspace.length === 0) return windowId(facts);
  return hash(["workspace", facts.appName, facts.remoteName ?? "", ...workspace]);
}

/** What a person calls the window. */
export function windowLabel(name: string | undefined, workspaceFolders: readonly string[]): string {
  if (name) return name.slice(0, 100);
  const last = workspaceFolders[0]?.replace(/\/+$/, "").split("/").pop();
  return last ? safeDecode(last).slice(0, 100) : "empty window";
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
