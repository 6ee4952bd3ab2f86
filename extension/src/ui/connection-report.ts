// The connection report: made by the program in a child process, shown in a panel, saved and copied from there.
import { homedir } from "node:os";
import * as vscode from "vscode";
import { share } from "../pure/format";
import {
  formatOfName,
  type Progress,
  percentOf,
  type ReportFormat,
  readSpan,
  reportArguments,
  reportFileName,
  reportTitle,
  SPAN_CHOICES,
  type Span,
  spanOf,
  spanWords,
} from "../pure/report";
import { runReport } from "../wire/reporter";
import { hint, type Program } from "./program";

/** Of the panel; the menus in package.json name it too. */
const VIEW_TYPE = "lifeline.connectionReport";
const KEPT_SPAN = "connectionReport.span";

/** At most one panel, and the commands about it. None of them needs the daemon. */
export class ConnectionReport implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly registration: vscode.Disposable;
  private panel: vscode.WebviewPanel | undefined;
  private span: Span;
  /** What the panel shows. */
  private page: string | undefined;
  /** What it is about to show. */
  private reading: AbortController | undefined;

  constructor(
    private readonly program: Program,
    /** Remembers the span for the next host: a panel outlives this one. */
    private readonly kept: vscode.Memento,
  ) {
    this.span = readSpan(kept.get(KEPT_SPAN));
    this.registration = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this);
  }

  dispose(): void {
    this.registration.dispose();
  }

  /** Asks for the span, and shows its report. */
  async choose(): Promise<void> {
    const { t } = vscode.l10n;
    const items = SPAN_CHOICES.map((choice) => ({ label: spanWords(choice, t), choice }));
    const chosen = await vscode.window.showQuickPick(items, {
      title: t("Lifeline: Connection Report"),
      placeHolder: t("Which time of Claude Code's transcripts to look at"),
      // A panel that is just being shown takes the focus.
      ignoreFocusOut: true,
    });
    if (!chosen) return;
    await this.program.explained(() => this.show(spanOf(chosen.choice, Date.now())));
    this.panel?.reveal();
  }

  /** Reads anew, up to now. */
  async refresh(): Promise<void> {
    await this.program.explained(() => this.show(spanOf(this.span.choice, Date.now())));
  }

  /** Puts it into the clipboard, as an issue wants it. */
  async copy(): Promise<void> {
    await this.program.explained(async () => {
      const markdown = await this.make(this.span, "markdown");
      if (markdown === undefined) return;
      await vscode.env.clipboard.writeText(markdown);
      hint("copy", vscode.l10n.t("the report is in the clipboard, as Markdown"));
    });
  }

  /** Writes it to a file, in the form that its name asks for. */
  async save(): Promise<void> {
    const { t } = vscode.l10n;
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
    const chosen = await vscode.window.showSaveDialog({
      title: t("Save Connection Report"),
      defaultUri: vscode.Uri.joinPath(folder, reportFileName(Date.now())),
      filters: { [t("Web page")]: ["html"], Markdown: ["md"], JSON: ["json"] },
    });
    if (!chosen) return;
    const format = formatOfName(chosen.path);
    await this.program.explained(async () => {
      if (format === undefined) throw new Error(t("its name must end with .html, .md or .json. Choose another."));
      const report = format === "html" && this.page !== undefined ? this.page : await this.make(this.span, format);
      if (report === undefined) return;
      await vscode.workspace.fs.writeFile(chosen, Buffer.from(report, "utf8"));
      hint("save", t("the report is saved"));
    });
  }

  /** After a reload of the window: the panel is there again, and empty. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.adopt(panel);
    const refreshed = this.refresh();
    const { reading } = this;
    await refreshed;
    // Cancelled or failed, which was said; unless somebody has asked anew meanwhile.
    if (this.page === undefined && this.reading === reading) panel.dispose();
  }

  private async show(span: Span): Promise<void> {
    this.reading?.abort();
    const reading = new AbortController();
    this.reading = reading;
    const page = await this.make(span, "html", reading);
    if (page === undefined || reading.signal.aborted) return;
    // An ended host has left its panel: it still shows its page, and nobody can change that any more.
    const dead = this.panel ? [] : tabsOfPanel();
    this.span = span;
    this.page = page;
    this.panel ??= this.open();
    this.panel.title = reportTitle(span, vscode.l10n.t);
    this.panel.webview.html = page;
    await vscode.window.tabGroups.close(dead, true);
    await this.kept.update(KEPT_SPAN, span);
  }

  private open(): vscode.WebviewPanel {
    const options = { enableFindWidget: true, retainContextWhenHidden: true, localResourceRoots: [] };
    const { Active } = vscode.ViewColumn;
    return this.adopt(vscode.window.createWebviewPanel(VIEW_TYPE, "", Active, options));
  }

  private adopt(panel: vscode.WebviewPanel): vscode.WebviewPanel {
    this.panel = panel;
    panel.onDidDispose(() => {
      if (this.panel !== panel) return;
      this.panel = undefined;
      this.page = undefined;
      this.reading?.abort();
    });
    return panel;
  }

  /** Runs the program and says how far it is; undefined when it was cancelled. */
  private async make(span: Span, format: ReportFormat, reading?: AbortController): Promise<string | undefined> {
    const { t } = vscode.l10n;
    const { binary, env } = this.program;
    return this.program.watched(t("Reading transcripts"), reading, ({ signal }, shown) => {
      let percent = 0;
      const onProgress = (progress: Progress): void => {
        const increment = percentOf(progress) - percent;
        percent += increment;
        shown.report({ message: share(progress.read, progress.all, t), increment });
      };
      return runReport({ binary: binary(), env, args: reportArguments(span, format), signal, onProgress });
    });
  }
}

function tabsOfPanel(): vscode.Tab[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  // VS Code puts a word of its own before the type.
  return tabs.filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(VIEW_TYPE));
}
