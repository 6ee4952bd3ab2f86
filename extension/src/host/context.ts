// What the editor shows, from VS Code's API; told after a short rest, or at once when it changes what a kill would lose.
import * as vscode from "vscode";
import type { EditorContext, Tab, Terminal, VisibleEditor } from "../generated/protocol";
import { boundContext, risksOf } from "../pure/context";

/** Rest after the last change, and the longest time that changes may keep coming. */
const REST_MS = 300;
const LONGEST_MS = 2000;
/** A terminal whose shell has not started by then is reported without a process id. */
const PID_PATIENCE_MS = 1000;

/** Watches the editor until disposed. */
export class EditorWatch implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly pids = new WeakMap<vscode.Terminal, number>();
  private readonly asked = new WeakSet<vscode.Terminal>();
  private readonly debugSessions = new Set<vscode.DebugSession>();
  private readonly dirty = new Set<string>();
  private rest: NodeJS.Timeout | undefined;
  private firstChange: number | undefined;
  private lastSent = "";
  private lastRisks = "";
  private disposed = false;

  constructor(private readonly send: (context: EditorContext) => void) {
    const { window, workspace, debug, tasks } = vscode;
    const soon = (): void => this.soon();
    const risky = (): void => this.changed();
    this.on(window.tabGroups.onDidChangeTabs, risky);
    this.on(window.tabGroups.onDidChangeTabGroups, soon);
    this.on(window.onDidChangeVisibleTextEditors, soon);
    this.on(window.onDidChangeTextEditorSelection, soon);
    this.on(workspace.onDidChangeWorkspaceFolders, soon);
    // Fires on every keystroke: only a document that becomes dirty or clean is news.
    this.on(workspace.onDidChangeTextDocument, ({ document }) => {
      if (document.isDirty !== this.dirty.has(document.uri.toString())) this.soon();
    });
    this.on(workspace.onDidSaveTextDocument, soon);
    this.on(workspace.onDidCloseTextDocument, soon);
    this.on(workspace.onDidChangeNotebookDocument, risky);
    this.on(workspace.onDidSaveNotebookDocument, risky);
    this.on(workspace.onDidCloseNotebookDocument, risky);
    this.on(debug.onDidStartDebugSession, (session) => {
      this.debugSessions.add(session);
      this.changed();
    });
    this.on(debug.onDidTerminateDebugSession, (session) => {
      this.debugSessions.delete(session);
      this.changed();
    });
    this.on(debug.onDidChangeActiveDebugSession, risky);
    this.on(tasks.onDidStartTask, soon);
    this.on(tasks.onDidEndTask, soon);
    this.on(window.onDidOpenTerminal, (terminal) => void this.learnPid(terminal).then(soon));
    this.on(window.onDidCloseTerminal, soon);
    this.onShellIntegration(soon);
    const terminals = window.terminals.map((terminal) => this.learnPid(terminal));
    this.flush();
    void Promise.all(terminals).then(soon);
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.rest);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Sends what there is now, if it differs from what was sent last. */
  flush(): void {
    clearTimeout(this.rest);
    this.rest = undefined;
    this.firstChange = undefined;
    const context = boundContext(this.read());
    // The terminal of a task gets another shell when the task is run again, and no event tells.
    for (const terminal of vscode.window.terminals) void this.askPid(terminal);
    const text = JSON.stringify(context);
    if (text === this.lastSent) return;
    this.lastSent = text;
    this.lastRisks = risksOf(context);
    this.send(context);
  }

  private on<T>(event: vscode.Event<T>, listener: (event: T) => void): void {
    this.subscriptions.push(event(listener));
  }

  /** `window.onDidChangeTerminalShellIntegration` is newer than the oldest VS Code that we support. */
  private onShellIntegration(listener: () => void): void {
    const event = (vscode.window as { onDidChangeTerminalShellIntegration?: vscode.Event<unknown> })
      .onDidChangeTerminalShellIntegration;
    if (typeof event === "function") this.on(event, listener);
  }

  private changed(): void {
    if (risksOf(this.risks()) !== this.lastRisks) this.flush();
    else this.soon();
  }

  private soon(): void {
    if (this.disposed) return;
    const now = performance.now();
    this.firstChange ??= now;
    clearTimeout(this.rest);
    const wait = Math.max(0, Math.min(REST_MS, this.firstChange + LONGEST_MS - now));
    this.rest = setTimeout(() => this.flush(), wait);
  }

  /** Resolves when the pid of its shell is known, or after our patience. A pid that comes later, or becomes another, is told then. */
  private async learnPid(terminal: vscode.Terminal): Promise<void> {
    await Promise.race([this.askPid(terminal), new Promise((resolve) => setTimeout(resolve, PID_PATIENCE_MS))]);
  }

  private async askPid(terminal: vscode.Terminal): Promise<void> {
    if (this.asked.has(terminal)) return;
    this.asked.add(terminal);
    try {
      const pid = await terminal.processId;
      if (pid === undefined || pid === this.pids.get(terminal)) return;
      this.pids.set(terminal, pid);
      this.soon();
    } catch {
      // It was closed before it had one.
    } finally {
      this.asked.delete(terminal);
    }
  }

  private risks(): Pick<EditorContext, "dirtyCustomEditors" | "dirtyNotebooks" | "debugSessions"> {
    const customEditors = new Set<string>();
    const notebooks = new Set<string>();
    for (const group of vscode.window.tabGroups.all) {
      for (const tab of group.tabs) {
        if (!tab.isDirty) continue;
        if (tab.input instanceof vscode.TabInputCustom) customEditors.add(tab.input.uri.toString());
        if (tab.input instanceof vscode.TabInputNotebook) notebooks.add(tab.input.uri.toString());
        if (tab.input instanceof vscode.TabInputNotebookDiff) notebooks.add(tab.input.modified.toString());
      }
    }
    for (const notebook of vscode.workspace.notebookDocuments) {
      if (notebook.isDirty) notebooks.add(notebook.uri.toString());
    }
    const sessions = new Set(this.debugSessions);
    // Sessions that began before us are not listed by VS Code; the active one is known.
    if (vscode.debug.activeDebugSession) sessions.add(vscode.debug.activeDebugSession);
    return {
      dirtyCustomEditors: [...customEditors],
      dirtyNotebooks: [...notebooks],
      debugSessions: [...sessions].map(({ name, type }) => ({ name, kind: type })),
    };
  }

  private read(): EditorContext {
    this.dirty.clear();
    for (const document of vscode.workspace.textDocuments) {
      if (document.isDirty) this.dirty.add(document.uri.toString());
    }
    return {
      workspaceFolders: (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.toString()),
      tabs: vscode.window.tabGroups.all.flatMap((group, index) => group.tabs.map((tab) => readTab(tab, index + 1))),
      // The output panel is an editor too, but no place of work.
      visibleEditors: vscode.window.visibleTextEditors
        .filter((editor) => editor.document.uri.scheme !== "output")
        .map(readEditor),
      dirtyDocuments: [...this.dirty],
      ...this.risks(),
      terminals: vscode.window.terminals.map((terminal) => this.readTerminal(terminal)),
      runningTasks: vscode.tasks.taskExecutions.map(({ task }) => task.name),
    };
  }

  private readTerminal(terminal: vscode.Terminal): Terminal {
    const integration = (terminal as { shellIntegration?: { cwd?: vscode.Uri } }).shellIntegration;
    const options = terminal.creationOptions as vscode.TerminalOptions;
    const asked = typeof options.cwd === "string" ? options.cwd : options.cwd?.fsPath;
    return {
      name: terminal.name,
      pid: this.pids.get(terminal) ?? null,
      cwd: integration?.cwd?.fsPath ?? asked ?? null,
    };
  }
}

function readEditor(editor: vscode.TextEditor): VisibleEditor {
  return {
    uri: editor.document.uri.toString(),
    selections: editor.selections.map(({ anchor, active }) => ({
      anchorLine: anchor.line,
      anchorColumn: anchor.character,
      activeLine: active.line,
      activeColumn: active.character,
    })),
  };
}

function readTab(tab: vscode.Tab, group: number): Tab {
  return {
    label: tab.label,
    ...readInput(tab.input),
    dirty: tab.isDirty,
    active: tab.isActive,
    pinned: tab.isPinned,
    group,
  };
}

function readInput(input: unknown): Pick<Tab, "kind" | "uri" | "viewType"> {
  if (input instanceof vscode.TabInputText) return { kind: "text", uri: input.uri.toString(), viewType: null };
  if (input instanceof vscode.TabInputTextDiff)
    return { kind: "textDiff", uri: input.modified.toString(), viewType: null };
  if (input instanceof vscode.TabInputCustom) {
    return { kind: "custom", uri: input.uri.toString(), viewType: input.viewType };
  }
  if (input instanceof vscode.TabInputNotebook) {
    return { kind: "notebook", uri: input.uri.toString(), viewType: input.notebookType };
  }
  if (input instanceof vscode.TabInputNotebookDiff) {
    return { kind: "notebookDiff", uri: input.modified.toString(), viewType: input.notebookType };
  }
  if (input instanceof vscode.TabInputWebview) {
    // VS Code puts a prefix of its own before the type that the extension gave.
    return { kind: "webview", uri: null, viewType: input.viewType.replace(/^mainThreadWebview-/, "") };
  }
  if (input instanceof vscode.TabInputTerminal) return { kind: "terminal", uri: null, viewType: null };
  return { kind: "other", uri: null, viewType: null };
}
