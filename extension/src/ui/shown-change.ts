// A change of a file that the program would make: shown as a diff, and asked about. Nothing is done here.
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import * as vscode from "vscode";
import type { Preview } from "../pure/doctor";
import type { HeldDocuments } from "./held-documents";

/** The question about it. */
export interface ChangeQuestion {
  readonly question: string;
  readonly detail: string;
  /** The button that means yes. */
  readonly yes: string;
}

/** Shows it, and returns whether it is wanted. */
export async function askWithDiff(
  documents: HeldDocuments,
  { file, before, after }: Preview,
  { question, detail, yes }: ChangeQuestion,
): Promise<boolean> {
  const name = basename(file);
  const now = documents.hold(name, before ?? "");
  const then = documents.hold(name, after ?? "");
  const title = vscode.l10n.t("{0}: what Lifeline would change", name);
  try {
    await vscode.commands.executeCommand("vscode.diff", now, then, title, { preview: true });
    return (await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
  } finally {
    await closeDiff(now);
    documents.release(now);
    documents.release(then);
  }
}

/** What is in an editor and not in its file would be lost, or would undo the change when it is saved. */
export async function refuseUnsaved(file: string): Promise<void> {
  const target = await realPath(file);
  for (const { isDirty, uri } of vscode.workspace.textDocuments) {
    if (!isDirty || (uri.fsPath !== file && (await realPath(uri.fsPath)) !== target)) continue;
    throw new Error(vscode.l10n.t("{0} is open with changes that are not saved. Save it first.", file));
  }
}

/** Behind links, such as those that lead from the home to a folder of dotfiles. */
async function realPath(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    return file;
  }
}

async function closeDiff(original: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const own = tabs.filter(
    ({ input }) => input instanceof vscode.TabInputTextDiff && input.original.toString() === original.toString(),
  );
  await vscode.window.tabGroups.close(own, true);
}
