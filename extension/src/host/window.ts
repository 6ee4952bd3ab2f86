// How this extension host introduces its window, and where its daemon is: VS Code's and Node's facts put into the pure rules.
import { tmpdir, userInfo } from "node:os";
import * as vscode from "vscode";
import type { WindowHello } from "../generated/protocol";
import { type Binary, daemonBinary } from "../pure/binary";
import { mayBeDebugged } from "../pure/debugged";
import { daemonEndpoint, type Endpoint } from "../pure/endpoint";
import { type WindowFacts, windowId, windowLabel, workspaceKey } from "../pure/identity";

/** VS Code's own restart; desktop only. */
const RESTART_COMMAND = "workbench.action.restartExtensionHost";

/** Time for our answer to leave this process before it ends. */
const ANSWER_MS = 100;

/** The window behind this host. Whether it can restart gracefully takes a question to VS Code: `hasRestartCommand`. */
export function introduceWindow(context: vscode.ExtensionContext): WindowHello {
  const { workspace, env } = vscode;
  const facts: WindowFacts = {
    sessionId: env.sessionId,
    logPath: context.logUri.path,
    workspaceFile: workspace.workspaceFile?.toString(),
    workspaceFolders: (workspace.workspaceFolders ?? []).map((folder) => folder.uri.toString()),
    appName: env.appName,
    remoteName: env.remoteName,
  };
  return {
    windowId: windowId(facts),
    label: windowLabel(workspace.name, facts.workspaceFolders),
    workspaceKey: workspaceKey(facts),
    hostPid: process.pid,
    vscodeVersion: vscode.version,
    appName: env.appName,
    canRestartGracefully: false,
    mayBeDebugged: mayBeDebugged(process.execArgv, context.extensionMode === vscode.ExtensionMode.Production),
  };
}

/** Whether VS Code can restart the host by itself here. */
export async function hasRestartCommand(): Promise<boolean> {
  try {
    return (await vscode.commands.getCommands(true)).includes(RESTART_COMMAND);
  } catch {
    return false;
  }
}

/** Runs VS Code's own restart, which may ask the user; true when there is one. It is not awaited: it ends this process. */
export async function restartGracefully(): Promise<boolean> {
  if (!(await hasRestartCommand())) return false;
  setTimeout(() => void vscode.commands.executeCommand(RESTART_COMMAND), ANSWER_MS);
  return true;
}

/** Where the daemon listens. */
export function endpoint(): Endpoint {
  const username = process.platform === "win32" ? userInfo().username : "";
  return daemonEndpoint({
    platform: process.platform,
    env: process.env,
    temporary: tmpdir(),
    uid: process.getuid?.(),
    username,
  });
}

/** Which program is the daemon. */
export function binary(context: vscode.ExtensionContext, configured: string): Binary {
  const { platform } = process;
  return daemonBinary({
    extensionPath: context.extensionPath,
    platform,
    configured,
    trusted: vscode.workspace.isTrusted,
  });
}
