// "Fix It": shows what would change, asks, and only then has it done; a file by the program, a setting of VS Code here.
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import * as vscode from "vscode";
import type { FileRepair, Preview, Repair, SettingRepair } from "../pure/doctor";
import { samePreview, settingWords } from "../pure/doctor-words";
import { withoutLinks } from "../pure/format";
import type { HeldDocuments } from "./held-documents";

/** Asks the program about a repair; undefined when that was cancelled. */
export interface RepairProgram {
  preview(repair: FileRepair): Promise<Preview | undefined>;
  /** Does it, and returns the program's sentence on how to undo it. */
  apply(repair: FileRepair): Promise<string | undefined>;
}

/** Offers repairs, one after the other. */
export class Repairs {
  private offering = false;

  constructor(
    private readonly program: RepairProgram,
    private readonly documents: HeldDocuments,
  ) {}

  /** Returns whether something was changed. While one is offered, another is not. */
  async offer(repair: Repair): Promise<boolean> {
    if (this.offering) return false;
    this.offering = true;
    try {
      const said = await (repair.kind === "setting" ? changeSetting(repair) : this.changeFile(repair));
      if (said === undefined) return false;
      void vscode.window.showInformationMessage(vscode.l10n.t("Lifeline: {0}", withoutLinks(said)));
      return true;
    } finally {
      this.offering = false;
    }
  }

  private async changeFile(repair: FileRepair): Promise<string | undefined> {
    await refuseUnsaved(repair.file);
    const shown = await this.program.preview(repair);
    if (!shown) return undefined;
    if (!(await (repair.kind === "edit" ? this.askWithDiff(repair, shown) : askToRemove(repair)))) return undefined;
    // The question may have stood there for hours.
    await refuseUnsaved(repair.file);
    const now = await this.program.preview(repair);
    if (!now) return undefined;
    if (!samePreview(shown, now)) {
      throw new Error(
        vscode.l10n.t("{0} has changed meanwhile, so nothing was done. Choose Fix It again.", repair.file),
      );
    }
    return this.program.apply(repair);
  }

  private async askWithDiff(repair: FileRepair, { file, before, after }: Preview): Promise<boolean> {
    const { t } = vscode.l10n;
    const name = basename(file);
    const now = this.documents.hold(name, before ?? "");
    const then = this.documents.hold(name, after ?? "");
    const title = t("{0}: what Lifeline would change", name);
    try {
      await vscode.commands.executeCommand("vscode.diff", now, then, title, { preview: true });
      const apply = t("Apply");
      const question = before === null ? t("Make {0} as shown?", name) : t("Change {0} as shown?", name);
      const kept = before === null ? [] : [t("The text that is there now is kept, so that this can be undone.")];
      const detail = [repair.label, file, ...kept].join("\n\n");
      return (await vscode.window.showWarningMessage(question, { modal: true, detail }, apply)) === apply;
    } finally {
      await closeDiff(now);
      this.documents.release(now);
      this.documents.release(then);
    }
  }
}

async function askToRemove(repair: FileRepair): Promise<boolean> {
  const { t } = vscode.l10n;
  const remove = t("Remove");
  const question = t("Remove {0}?", basename(repair.file));
  const detail = [repair.label, repair.file].join("\n\n");
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, remove)) === remove;
}

/** Of the user's settings: what a workspace says besides is its own. */
async function changeSetting({ label, name, value }: SettingRepair): Promise<string | undefined> {
  const { t } = vscode.l10n;
  const former = vscode.workspace.getConfiguration().inspect(name)?.globalValue;
  const apply = t("Apply");
  const detail = [
    label,
    t("Now: {0}", settingWords(former, t)),
    t("Then: {0}", settingWords(value ?? undefined, t)),
  ].join("\n\n");
  const question = t("Change the setting {0}?", name);
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, apply)) !== apply) return undefined;
  await vscode.workspace.getConfiguration().update(name, value ?? undefined, vscode.ConfigurationTarget.Global);
  return t("the setting {0} is changed. Before, it was: {1}", name, settingWords(former, t));
}

/** What is in an editor and not in its file would be lost, or would undo the repair when it is saved. */
async function refuseUnsaved(file: string): Promise<void> {
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
