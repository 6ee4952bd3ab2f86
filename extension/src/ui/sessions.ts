// The view "Sessions": draws what `pure/session-tree.ts` says, and only when that has changed. Asks for nothing until it is visible.
import { homedir } from "node:os";
import * as vscode from "vscode";
import type { Client } from "../client";
import { method } from "../generated/protocol";
import { systemClock } from "../pure/clock";
import { Refreshing } from "../pure/refreshing";
import { type FolderRow, type SessionRow, sessionTree } from "../pure/session-tree";
import type { Surroundings } from "../pure/surroundings";
import { readSessions } from "../pure/wire-checks";

const VIEW = "lifeline.sessions";
/** Says which words welcome the user where no session is listed: `none`, `disconnected`, or nothing. */
const CONTEXT_KEY = "lifeline.sessionList";

type Row = FolderRow | SessionRow;

/** The view, and its rows. */
export class Sessions implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Row>;
  private readonly refreshing = new Refreshing(systemClock, () => this.look());
  private readonly home = homedir();
  private rows: FolderRow[] | undefined;
  private drawn = "";

  constructor(
    /** Asked for when needed: it does not exist yet. */
    private readonly client: () => Client,
    private readonly known: { surroundings(): Surroundings },
  ) {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this });
    this.view.onDidChangeVisibility(({ visible }) => this.refreshing.shown(visible));
    this.refreshing.shown(this.view.visible);
  }

  dispose(): void {
    this.refreshing.dispose();
    this.view.dispose();
    this.changed.dispose();
  }

  /** Something happened that may have changed a session. */
  news(): void {
    this.refreshing.news();
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
    if (row) return "sessions" in row ? [...row.sessions] : [];
    if (!this.rows) await this.refreshing.now();
    return this.rows ?? [];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return "sessions" in row ? folderItem(row) : sessionItem(row);
  }

  private async look(): Promise<void> {
    const client = this.client();
    try {
      const sessions = readSessions(await client.request<unknown>(method.sessions));
      const facts = { here: this.known.surroundings(), nowUnixMs: Date.now(), home: this.home };
      await this.draw(sessionTree(sessions, facts, vscode.l10n.t), sessions.length === 0 ? "none" : "");
    } catch (error) {
      if (client.state.kind !== "attached") await this.draw([], "disconnected");
      else await this.draw([], "", error instanceof Error ? error.message : String(error));
    }
  }

  private async draw(rows: FolderRow[], welcome: string, problem = ""): Promise<void> {
    const key = JSON.stringify([rows, welcome, problem]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.rows = rows;
    this.view.message = problem === "" ? "" : vscode.l10n.t("Not available now: {0}", problem);
    // Before the rows go, so that no other words are seen in between.
    await vscode.commands.executeCommand("setContext", CONTEXT_KEY, welcome);
    this.changed.fire();
  }
}

function folderItem(row: FolderRow): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = row.id;
  item.description = row.description;
  item.tooltip = row.tooltip;
  item.iconPath = new vscode.ThemeIcon("folder");
  return item;
}

function sessionItem(row: SessionRow): vscode.TreeItem {
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
