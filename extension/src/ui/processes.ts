// The view "Processes", and what is done with its rows: ending one, or all that were certainly left behind.
import * as vscode from "vscode";
import type { Client } from "../client";
import { method, type ProcessesReport, type Reaped, type ReapRequest } from "../generated/protocol";
import { systemClock } from "../pure/clock";
import { bytes, withoutLinks } from "../pure/format";
import { certainOnes, endingLines, type GradeRow, type ProcessRow, processTree } from "../pure/process-tree";
import { Refreshing } from "../pure/refreshing";
import { readProcesses, readReaped } from "../pure/wire-checks";

const VIEW = "lifeline.processes";
/** Says which words welcome the user where no process is listed: `none`, `disconnected`, or nothing. */
const CONTEXT_KEY = "lifeline.processList";
/** Whether there are certain ones: the command that ends them all is shown then. */
const CERTAIN_KEY = "lifeline.certainProcesses";

type Row = GradeRow | ProcessRow;

/** The view, and its rows. */
export class Processes implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Row>;
  private readonly refreshing = new Refreshing(systemClock, () => this.look());
  private report: ProcessesReport | undefined;
  private rows: GradeRow[] | undefined;
  private drawn = "";

  /** `client`: asked for when needed, it does not exist yet. */
  constructor(private readonly client: () => Client) {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this });
    this.view.onDidChangeVisibility(({ visible }) => this.refreshing.shown(visible));
    this.refreshing.shown(this.view.visible);
  }

  dispose(): void {
    this.refreshing.dispose();
    this.view.dispose();
    this.changed.dispose();
  }

  /** There is a daemon again. */
  reconnected(): void {
    this.refreshing.reconnected();
  }

  /** Asks the daemon now. */
  async refresh(): Promise<void> {
    await this.refreshing.now();
  }

  /** The row that is selected, for a command that was called without one. */
  get selected(): Row | undefined {
    return this.view.selection[0];
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (row) return "processes" in row ? [...row.processes] : [];
    if (!this.rows) await this.refreshing.now();
    return this.rows ?? [];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return "processes" in row ? gradeItem(row) : processItem(row);
  }

  /** Ends one process; a suspect is asked about first. */
  async end(row: unknown): Promise<void> {
    const { processId } = (row ?? this.selected ?? {}) as Partial<ProcessRow>;
    const process = this.report?.processes.find(({ id }) => id === processId);
    if (!process) return;
    const { t } = vscode.l10n;
    const end = t("End");
    const question = t("End process {0}?", process.pid);
    const detail = `${endingLines([process], t)}\n\n${doubts(process.doubts)}`.trim();
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, end)) !== end) return;
    await this.reap([process.id]);
  }

  /** Ends all that were certainly left behind, after a question that lists them. */
  async endAllCertain(): Promise<void> {
    const { t } = vscode.l10n;
    const report = readProcesses(await this.client().request<unknown>(method.processes));
    const certain = certainOnes(report);
    if (certain.length === 0) {
      void vscode.window.showInformationMessage(t("Lifeline: nothing of Claude Code was certainly left behind."));
      return;
    }
    const end = t("End All");
    const question = t("End {0} processes that were left behind?", certain.length);
    const detail = `${endingLines(certain, t)}\n\n${t("What their sessions were is saved first.")}`;
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, end)) !== end) return;
    await this.reap(certain.map(({ id }) => id));
  }

  private async reap(ids: string[]): Promise<void> {
    const { t } = vscode.l10n;
    const options = { location: vscode.ProgressLocation.Notification, title: t("Lifeline: ending processes") };
    const request: ReapRequest = { ids };
    const reaped = readReaped(
      await vscode.window.withProgress(options, () => this.client().request<unknown>(method.reap, request)),
    );
    await this.refreshing.now();
    tell(reaped);
  }

  private async look(): Promise<void> {
    const client = this.client();
    const { t } = vscode.l10n;
    try {
      this.report = readProcesses(await client.request<unknown>(method.processes));
      const hasCertain = this.report.processes.some(({ grade }) => grade === "certain");
      await vscode.commands.executeCommand("setContext", CERTAIN_KEY, hasCertain);
      await this.draw(processTree(this.report, t), this.report.processes.length === 0 ? "none" : "");
    } catch (error) {
      if (client.state.kind !== "attached") await this.draw([], "disconnected");
      else await this.draw([], "", error instanceof Error ? error.message : String(error));
    }
  }

  private async draw(rows: GradeRow[], welcome: string, problem = ""): Promise<void> {
    const { t } = vscode.l10n;
    const given = this.report?.givenBackBytes ?? 0;
    const message = problem === "" ? (given > 0 ? t("Given back so far: {0}", bytes(given, t)) : "") : problem;
    const key = JSON.stringify([rows, welcome, message]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.rows = rows;
    this.view.message = problem === "" ? message : t("Not available now: {0}", problem);
    // Before the rows go, so that no other words are seen in between.
    await vscode.commands.executeCommand("setContext", CONTEXT_KEY, welcome);
    this.changed.fire();
  }
}

function tell(reaped: readonly Reaped[]): void {
  const { t } = vscode.l10n;
  const ended = reaped.reduce((sum, { ended }) => sum + ended.length, 0);
  const given = reaped.reduce((sum, { bytes: own }) => sum + own, 0);
  if (ended > 0) {
    void vscode.window.showInformationMessage(
      t("Lifeline: {0} processes ended, {1} given back.", ended, bytes(given, t)),
    );
  }
  const reason = reaped.find((one) => one.ended.length === 0)?.reason;
  if (reason) void vscode.window.showWarningMessage(t("Lifeline: {0}", withoutLinks(reason)));
}

function doubts(all: readonly string[]): string {
  return all.length === 0 ? "" : vscode.l10n.t("But: {0}", all.join("; "));
}

function gradeItem(row: GradeRow): vscode.TreeItem {
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(row.label, row.collapsed ? Collapsed : Expanded);
  item.id = row.id;
  item.description = row.description;
  return item;
}

function processItem(row: ProcessRow): vscode.TreeItem {
  const { icon, color } = row.icon;
  const item = new vscode.TreeItem(row.label);
  item.id = row.id;
  item.description = row.description;
  item.tooltip = new vscode.MarkdownString(row.tooltip);
  item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.contextValue = row.can;
  item.accessibilityInformation = { label: `${row.label}, ${row.description}` };
  return item;
}
