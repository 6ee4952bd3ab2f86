// A list of the side bar: groups, and in each its rows. Draws what `pure/` says, and only when that has changed. Asks for nothing until it is visible.
import * as vscode from "vscode";
import type { Client } from "../client";
import { systemClock } from "../pure/clock";
import { Refreshing } from "../pure/refreshing";
import type { ListGroup, ListRow } from "../pure/rows";

/** What a look brought. */
export interface Drawing<Row extends ListRow> {
  readonly groups: readonly ListGroup<Row>[];
  /** Above the rows; empty for nothing. */
  readonly message?: string;
}

/** Names of a list in package.json. */
interface Names {
  readonly view: string;
  /** A context key that says which words welcome the user where nothing is listed: `none`, `disconnected`, or nothing. */
  readonly contextKey: string;
}

/** The view, and its rows. */
export abstract class ListView<Row extends ListRow>
  implements vscode.TreeDataProvider<ListGroup<Row> | Row>, vscode.Disposable
{
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<ListGroup<Row> | Row>;
  private readonly refreshing = new Refreshing(systemClock, () => this.draw());
  private groups: readonly ListGroup<Row>[] | undefined;
  private drawn = "";

  constructor(
    private readonly names: Names,
    /** Asked for when needed: it does not exist yet. */
    protected readonly client: () => Client,
  ) {
    this.view = vscode.window.createTreeView(names.view, { treeDataProvider: this });
    this.view.onDidChangeVisibility(({ visible }) => this.refreshing.shown(visible));
    // Neither the rest of this object nor the client exists yet.
    queueMicrotask(() => this.refreshing.shown(this.view.visible));
  }

  dispose(): void {
    this.refreshing.dispose();
    this.view.dispose();
    this.changed.dispose();
  }

  /** Something happened that may have changed a row. */
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
  get selected(): ListGroup<Row> | Row | undefined {
    return this.view.selection[0];
  }

  async getChildren(row?: ListGroup<Row> | Row): Promise<(ListGroup<Row> | Row)[]> {
    if (row) return "rows" in row ? [...row.rows] : [];
    if (!this.groups) await this.refreshing.now();
    return [...(this.groups ?? [])];
  }

  getTreeItem(row: ListGroup<Row> | Row): vscode.TreeItem {
    return "rows" in row ? groupItem(row) : rowItem(row);
  }

  /** Asks the daemon for what is to be drawn; rejects when it cannot tell. */
  protected abstract look(): Promise<Drawing<Row>>;

  private async draw(): Promise<void> {
    const client = this.client();
    try {
      const { groups, message = "" } = await this.look();
      await this.show(groups, groups.length === 0 ? "none" : "", message);
    } catch (error) {
      if (client.state.kind !== "attached") await this.show([], "disconnected", "");
      else {
        const problem = error instanceof Error ? error.message : String(error);
        await this.show([], "", vscode.l10n.t("Not available now: {0}", problem));
      }
    }
  }

  private async show(groups: readonly ListGroup<Row>[], welcome: string, message: string): Promise<void> {
    const key = JSON.stringify([groups, welcome, message]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.groups = groups;
    this.view.message = message;
    // Before the rows go, so that no other words are seen in between.
    await vscode.commands.executeCommand("setContext", this.names.contextKey, welcome);
    this.changed.fire();
  }
}

function groupItem(group: ListGroup<ListRow>): vscode.TreeItem {
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(group.label, group.collapsed ? Collapsed : Expanded);
  item.id = group.id;
  item.description = group.description;
  if (group.tooltip !== undefined) item.tooltip = group.tooltip;
  if (group.icon !== undefined) item.iconPath = new vscode.ThemeIcon(group.icon);
  return item;
}

function rowItem(row: ListRow): vscode.TreeItem {
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
