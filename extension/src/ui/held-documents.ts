// Documents whose text is held here: the two sides of a change that is offered, and explanations.
import * as vscode from "vscode";

const SCHEME = "lifeline-doctor";
/** The oldest go first. An explanation that nobody looks at any more is not told from one that a preview shows. */
const HELD_AT_MOST = 50;

/** Serves them. */
export class HeldDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  private count = 0;

  dispose(): void {
    this.registration.dispose();
  }

  /** A new document of this name. VS Code knows its language by that. */
  hold(name: string, text: string): vscode.Uri {
    this.count += 1;
    // A host that comes later must not take another's address for one of its own.
    const path = `/${process.pid}-${this.count}/${name.replace(/[/\\]/g, "_")}`;
    const uri = vscode.Uri.from({ scheme: SCHEME, path });
    this.texts.set(uri.toString(), text);
    for (const oldest of this.texts.keys()) {
      if (this.texts.size <= HELD_AT_MOST) break;
      this.texts.delete(oldest);
    }
    return uri;
  }

  /** It is not shown any more. */
  release(uri: vscode.Uri): void {
    this.texts.delete(uri.toString());
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? vscode.l10n.t("Not available any more. Ask for it again.");
  }
}
