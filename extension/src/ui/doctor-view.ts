// The view "Doctor": draws the rows that `pure/doctor-tree.ts` makes of the newest diagnosis.
import * as vscode from "vscode";
import { countWrong, type Diagnosis } from "../pure/doctor";
import { type DoctorRow, doctorTree } from "../pure/doctor-tree";

const VIEW = "lifeline.doctor";
/** There is a diagnosis: it can be copied, and nobody needs to be welcomed. */
const CONTEXT_KEY = "lifeline.doctorRan";

/** The view, and its rows. */
export class DoctorView implements vscode.TreeDataProvider<DoctorRow>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<DoctorRow>;
  private rows: readonly DoctorRow[] = [];

  constructor() {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: true });
    // The window may remember the key from a host before this one.
    void vscode.commands.executeCommand("setContext", CONTEXT_KEY, false);
  }

  dispose(): void {
    this.view.dispose();
    this.changed.dispose();
  }

  /** Draws a diagnosis in the place of the one before. */
  async show(diagnosis: Diagnosis): Promise<void> {
    const { t } = vscode.l10n;
    this.rows = doctorTree(diagnosis, t);
    const wrong = countWrong(diagnosis);
    const tooltip = wrong === 1 ? t("The doctor found 1 thing wrong") : t("The doctor found {0} things wrong", wrong);
    this.view.badge = wrong === 0 ? undefined : { value: wrong, tooltip };
    this.view.description = new Date().toLocaleTimeString(vscode.env.language, { timeStyle: "short" });
    await vscode.commands.executeCommand("setContext", CONTEXT_KEY, true);
    this.changed.fire();
  }

  /** Brings it to the front. */
  async focus(): Promise<void> {
    await vscode.commands.executeCommand(`${VIEW}.focus`);
  }

  /** The row that is selected, for a command that was called without one. */
  get selected(): DoctorRow | undefined {
    return this.view.selection[0];
  }

  getChildren(row?: DoctorRow): DoctorRow[] {
    return [...(row ? row.rows : this.rows)];
  }

  getTreeItem(row: DoctorRow): vscode.TreeItem {
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(row.label, row.rows.length === 0 ? None : row.collapsed ? Collapsed : Expanded);
    item.id = row.id;
    item.description = row.description;
    item.tooltip = new vscode.MarkdownString(row.tooltip);
    item.contextValue = row.can;
    item.accessibilityInformation = { label: [row.label, row.description].filter(Boolean).join(", ") };
    if (row.icon) {
      const { icon, color } = row.icon;
      item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
    }
    return item;
  }
}
