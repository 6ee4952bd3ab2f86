// What can be done with a session: open it, let it go on, take its command along, read its transcript.
import * as vscode from "vscode";
import type { Client } from "../client";
import { type ContinueRequest, method, type ResumeRequest, type SessionAnswer } from "../generated/protocol";
import { terminalOfShell } from "../host/terminals";
import { withoutLinks } from "../pure/format";
import type { SessionTarget } from "../pure/session-requests";
import { dialectOf, resumeCommand } from "../pure/shell";
import { readSessionAnswer } from "../pure/wire-checks";

const READ_ONLY = "workbench.action.files.setActiveEditorReadonlyInSession";
const HINT_MS = 5000;

/** Shows the terminal it runs in, when that is one of ours; else the daemon opens it, or says where it is open. */
export async function openSession(client: Client, { sessionId, pid, shellPid }: SessionTarget): Promise<void> {
  if (pid !== null && shellPid !== null && (await revealTerminal(shellPid))) return;
  const request: ResumeRequest = { sessionId: known(sessionId), windowId: null };
  await tell(
    await client.request<unknown>(method.resumeSession, request),
    vscode.l10n.t("the session is being opened"),
  );
}

/** Its turns die because it is too large: it is told to make itself smaller. */
export async function compactSession(client: Client, { sessionId }: SessionTarget): Promise<void> {
  const request: ContinueRequest = { sessionId: known(sessionId), compact: true };
  const answer = await client.request<unknown>(method.continueSession, request);
  await tell(answer, vscode.l10n.t("the session compacts itself"));
}

/** Its turn died: it is told to go on. */
export async function continueSession(client: Client, { sessionId }: SessionTarget): Promise<void> {
  const request: ContinueRequest = { sessionId: known(sessionId), compact: false };
  await tell(await client.request<unknown>(method.continueSession, request), vscode.l10n.t("the session goes on"));
}

/** For a terminal of the user's own. */
export async function copyResumeCommand({ sessionId, folder }: SessionTarget): Promise<void> {
  const dialect = dialectOf(vscode.env.shell, process.platform);
  await vscode.env.clipboard.writeText(resumeCommand(known(sessionId), folder, dialect));
  hint("copy", vscode.l10n.t("the command is in the clipboard"));
}

/** As a text document that cannot be written to by accident. Opened by the window itself: a long one never enters this host. */
export async function revealTranscript({ transcript }: SessionTarget): Promise<void> {
  if (transcript === null) return;
  const uri = vscode.Uri.file(transcript);
  await vscode.commands.executeCommand("vscode.open", uri, { preview: true });
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  // The command is about whatever is active.
  if (!(input instanceof vscode.TabInputText) || input.uri.toString() !== uri.toString()) return;
  await vscode.commands.executeCommand(READ_ONLY);
}

async function tell(value: unknown, started: string): Promise<void> {
  const { t } = vscode.l10n;
  const answer: SessionAnswer | undefined = readSessionAnswer(value);
  switch (answer?.result) {
    case "started":
      hint("check", started);
      return;
    case "alreadyOpen":
      if (answer.shellPid !== null && (await revealTerminal(answer.shellPid))) return;
      void vscode.window.showInformationMessage(
        t("Lifeline: this session is open already, but not in a terminal of this window."),
      );
      return;
    case "refused":
      void vscode.window.showWarningMessage(t("Lifeline: {0}", withoutLinks(answer.reason)));
      return;
    case undefined:
      throw new Error(t("the daemon's answer could not be read"));
  }
}

function known(sessionId: string | null): string {
  if (sessionId === null)
    throw new Error(vscode.l10n.t("the id of this session is not known yet. Try again in a moment."));
  return sessionId;
}

async function revealTerminal(shellPid: number): Promise<boolean> {
  const terminal = await terminalOfShell(shellPid);
  terminal?.show();
  return terminal !== undefined;
}

function hint(icon: string, text: string): void {
  vscode.window.setStatusBarMessage(`$(${icon}) ${vscode.l10n.t("Lifeline: {0}", text)}`, HINT_MS);
}
