// "Fix It": shows what would change, asks, and only then has it done; a file by the program, a setting of VS Code here.
import { basename } from "node:path";
import * as vscode from "vscode";
import type { FileRepair, Preview, Repair, SettingRepair } from "../pure/doctor";
import { samePreview, settingWords } from "../pure/doctor-words";
import { withoutLinks } from "../pure/format";
import type { HeldDocuments } from "./held-documents";
import { askWithDiff, refuseUnsaved } from "./shown-change";

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

  private askWithDiff(repair: FileRepair, change: Preview): Promise<boolean> {
    const { t } = vscode.l10n;
    const name = basename(change.file);
    const question = change.before === null ? t("Make {0} as shown?", name) : t("Change {0} as shown?", name);
    const kept = change.before === null ? [] : [t("The text that is there now is kept, so that this can be undone.")];
    const detail = [repair.label, change.file, ...kept].join("\n\n");
    return askWithDiff(this.documents, change, { question, detail, yes: t("Apply") });
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
