// Virtual documents: details of an incident, the full status, and what froze hosts, as a Markdown preview.
import * as vscode from "vscode";
import type { Client } from "../client";
import { type Incident, method } from "../generated/protocol";
import { culpritsDocument } from "../pure/culprits";
import { incidentDocument } from "../pure/documents";
import { statusDocument } from "../pure/status-document";
import { readIncidents } from "../pure/wire-checks";
import type { StatusBar } from "./status-bar";

const SCHEME = "lifeline";

/** Serves `lifeline:` documents. Also those of an earlier extension host: their address says all. */
export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly registration: vscode.Disposable;
  private readonly incidents = new Map<string, Incident>();

  constructor(
    private readonly client: Client,
    private readonly statusBar: StatusBar,
  ) {
    this.registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const [, kind, id] = uri.path.split("/");
    try {
      if (kind === "status") {
        const report = await this.client.fetchStatus();
        if (report) return statusDocument(report, this.statusBar.facts(), vscode.l10n.t);
      }
      if (kind === "incident" && id !== undefined) {
        const incident = this.incidents.get(id) ?? (await this.fetchIncidents()).find((one) => one.id === id);
        if (incident) return incidentDocument(incident, this.statusBar.surroundings(), vscode.l10n.t, clockTime);
      }
      if (kind === "culprits") return culpritsDocument(await this.fetchIncidents(), vscode.l10n.t, dateAndTime);
    } catch (error) {
      return vscode.l10n.t("Not available now: {0}", error instanceof Error ? error.message : String(error));
    }
    return vscode.l10n.t("Not available: the daemon no longer knows this incident.");
  }

  /** Newest first. */
  async fetchIncidents(): Promise<Incident[]> {
    const incidents = readIncidents(await this.client.request<unknown>(method.incidents));
    for (const incident of incidents) this.incidents.set(incident.id, incident);
    return incidents;
  }

  async showIncident(incident: Incident): Promise<void> {
    this.incidents.set(incident.id, incident);
    await this.open(["incident", incident.id, vscode.l10n.t("Recovery details")]);
  }

  async showStatus(): Promise<void> {
    await this.open(["status", vscode.l10n.t("Lifeline status")]);
  }

  async showCulprits(): Promise<void> {
    await this.open(["culprits", vscode.l10n.t("What froze extension hosts")]);
  }

  private async open(parts: readonly string[]): Promise<void> {
    const uri = vscode.Uri.from({
      scheme: SCHEME,
      path: `/${parts.map((part) => part.replace(/\//g, "_")).join("/")}.md`,
    });
    this.changed.fire(uri);
    await openPreview(uri);
  }
}

/** Shows a Markdown document as it is meant. */
export async function openPreview(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  } catch {
    // The built-in Markdown extension is disabled: the source reads well too.
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }
}

function clockTime(unixMs: number): string {
  const options: Intl.DateTimeFormatOptions = {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 1,
  };
  return new Date(unixMs).toLocaleTimeString(vscode.env.language, options);
}

function dateAndTime(unixMs: number): string {
  return new Date(unixMs).toLocaleString(vscode.env.language);
}
