// What the daemon may have this window do. Each is checked here again, and answered with whether it was done.
import { stat } from "node:fs/promises";
import * as vscode from "vscode";
import type { ClientEvents } from "../client";
import { type OpeningWindow, openSession } from "../pure/session-opening";
import { CLAUDE_EXTENSION, readOpenSession, readTypeInTerminal } from "../pure/session-requests";
import { dialectOf } from "../pure/shell";
import { isStarted, terminalOfShell } from "./terminals";
import { restartGracefully } from "./window";

/** Claude Code's own: takes the session's id and a prompt. */
const OPEN_COMMAND = "claude-vscode.editor.open";
/** After a restart of the host both extensions start at about the same time. */
const ACTIVATION_PATIENCE_MS = 10_000;
/** A command that has not come back by then was carried out, or hangs: either way nothing is opened a second time. */
const COMMAND_PATIENCE_MS = 10_000;
/**
 * Between a line and its Enter. The CLI takes a long line that ends with one for a paste and does not send it (2.1.329: 165 characters in
 * one write were not sent, with 100 ms before the Enter they were; `continue` was sent both ways).
 */
const ENTER_AFTER_MS = 200;

/** The requests, as the client wants them. */
export function hands(
  log: (line: string) => void,
): Pick<ClientEvents, "restartHost" | "openSession" | "typeInTerminal"> {
  return {
    restartHost: restartGracefully,
    openSession: async (params) => {
      const session = readOpenSession(params);
      const answer = session ? await openSession(session, openingWindow(log)) : { opened: false, how: null };
      log(`open session ${session?.sessionId ?? "(not a valid request)"}: ${answer.how ?? "not opened"}`);
      return answer;
    },
    typeInTerminal: async (params) => {
      const line = readTypeInTerminal(params);
      const terminal = line && (await terminalOfShell(line.shellPid));
      if (!line || !terminal) return false;
      terminal.sendText(line.text, false);
      await sleep(ENTER_AFTER_MS);
      if (terminal.exitStatus !== undefined) return false;
      terminal.sendText("", true);
      log(`typed a line into the terminal of process ${line.shellPid}`);
      return true;
    },
  };
}

function openingWindow(log: (line: string) => void): OpeningWindow {
  const { commands, env, extensions, window, workspace } = vscode;
  return {
    dialect: dialectOf(env.shell, process.platform),
    // A browser would hand the address to a VS Code on the desktop, if there is one.
    scheme: env.uiKind === vscode.UIKind.Desktop ? env.uriScheme : undefined,
    claudeVersion: async () => {
      const extension = extensions.getExtension(CLAUDE_EXTENSION);
      // Its commands are listed once it has registered them (read in VS Code 1.100: `getCommands` knows no others).
      if (extension && !extension.isActive) {
        await Promise.race([extension.activate(), sleep(ACTIVATION_PATIENCE_MS)]).catch(() => undefined);
      }
      return extension?.packageJSON.version;
    },
    hasOpenCommand: async () => (await commands.getCommands(true)).includes(OPEN_COMMAND),
    runOpenCommand: async (sessionId, prompt) => {
      const opened = commands.executeCommand(OPEN_COMMAND, sessionId, prompt ?? undefined);
      await Promise.race([opened, sleep(COMMAND_PATIENCE_MS)]);
    },
    openAddress: async (address) => env.openExternal(vscode.Uri.parse(address, true)),
    mayRunIn: async (folder) => workspace.isTrusted && (folder === null || (await isFolder(folder))),
    runInTerminal: async (command, folder) => {
      const name = vscode.l10n.t("Claude (resumed)");
      const terminal = window.createTerminal(folder === null ? { name } : { name, cwd: folder });
      terminal.show(true);
      terminal.sendText(command, true);
      if (await isStarted(terminal)) return true;
      terminal.dispose();
      return false;
    },
    log,
  };
}

/** A terminal in a folder that is gone does not start, and Claude finds a session by the folder that it is started in. */
async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
