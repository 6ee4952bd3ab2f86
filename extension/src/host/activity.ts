// Listens for what the user does in this window. Events alone; nothing is looked at between them.
import * as vscode from "vscode";
import { Activity, isByHand } from "../pure/activity";

/** `WindowState.active` is newer than the oldest VS Code that we support. */
type WindowState = vscode.WindowState & { readonly active?: boolean };

/** Listens until disposed. */
export class UserActivity implements vscode.Disposable {
  private readonly activity = new Activity();
  private readonly subscriptions: vscode.Disposable;

  constructor() {
    const { window, workspace } = vscode;
    const did = (): void => this.activity.did(performance.now());
    const state = ({ active }: WindowState): void => this.activity.windowActive(active === true, performance.now());
    state(window.state);
    this.subscriptions = vscode.Disposable.from(
      window.onDidChangeWindowState(state),
      // Without a kind it came with a change of the text.
      window.onDidChangeTextEditorSelection(({ kind }) => kind !== undefined && did()),
      window.onDidChangeActiveTextEditor(did),
      window.onDidChangeActiveTerminal(did),
      workspace.onDidChangeTextDocument((change) => isMadeByHand(change) && did()),
    );
  }

  /** Milliseconds since the user last did something; null when never. */
  idleMs(): number | null {
    return this.activity.idleMs(performance.now());
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}

function isMadeByHand({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): boolean {
  return isByHand({
    scheme: document.uri.scheme,
    isVisible: vscode.window.visibleTextEditors.some((editor) => editor.document === document),
    isDirty: document.isDirty,
    isUndo: reason !== undefined,
    edits: contentChanges.length,
  });
}
