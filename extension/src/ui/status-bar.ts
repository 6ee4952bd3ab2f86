// The one status bar item: draws what `pure/status-bar.ts` says, and only when that has changed.
import * as vscode from "vscode";
import type { ClientState } from "../client";
import type { Incident, StatusReport, WindowStatus } from "../generated/protocol";
import { nextChangeMs } from "../pure/connection";
import type { StatusBarChoice } from "../pure/settings";
import { QUIET_DETACH_MS, RECOVERED_FOR_MS, type StatusFacts, statusItem } from "../pure/status-bar";
import type { Surroundings } from "../pure/surroundings";

const LINKED_COMMANDS = ["showStatus", "showHistory", "showLog", "pause", "resume"].map((name) => `lifeline.${name}`);

/** The item, and the facts behind it. */
export class StatusBar implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly warning = new vscode.ThemeColor("statusBarItem.warningBackground");
  private client: ClientState = { kind: "connecting", problem: undefined };
  private detachedAt = performance.now();
  private report: StatusReport | undefined;
  private status: WindowStatus | undefined;
  private statusAt = 0;
  private recovery: { incident: Incident; at: number } | undefined;
  private drawn = "";
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private choice: StatusBarChoice,
    private readonly ownWindowId: string,
  ) {
    this.item = vscode.window.createStatusBarItem("status", vscode.StatusBarAlignment.Right, 90);
    this.item.name = "Lifeline";
    this.item.command = "lifeline.showStatus";
    this.draw();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.item.dispose();
  }

  /** What is known now. */
  facts(): StatusFacts {
    const now = performance.now();
    return {
      attached: this.client.kind === "attached",
      detachedForMs: now - this.detachedAt,
      problem: this.client.kind === "connecting" ? this.client.problem : undefined,
      daemonVersion: this.client.kind === "attached" ? this.client.welcome.daemonVersion : undefined,
      cannotSave: this.report?.cannotSave ?? undefined,
      status: this.status,
      statusAgeMs: now - this.statusAt,
      here: this.surroundings(),
      lastRecovery: this.recovery && { incident: this.recovery.incident, agoMs: now - this.recovery.at },
    };
  }

  /** What is known of all windows and the machine. */
  surroundings(): Surroundings {
    const others = (this.report?.windows ?? []).filter(({ windowId }) => windowId !== this.ownWindowId);
    return {
      ownWindowId: this.ownWindowId,
      windows: this.status ? [this.status, ...others] : others,
      machine: this.report?.machine,
    };
  }

  show(choice: StatusBarChoice): void {
    this.choice = choice;
    this.draw();
  }

  clientChanged(state: ClientState): void {
    if (this.client.kind === "attached" && state.kind !== "attached") this.detachedAt = performance.now();
    this.client = state;
    this.draw();
  }

  windowStatus(status: WindowStatus): void {
    if (status.paused !== this.status?.paused) {
      void vscode.commands.executeCommand("setContext", "lifeline.paused", status.paused);
    }
    this.status = status;
    this.statusAt = performance.now();
    for (const { incident } of status.notices) if (incident) this.incidentEnded(incident);
    this.draw();
  }

  statusReport(report: StatusReport): void {
    this.report = report;
    this.draw();
  }

  incidentEnded(incident: Incident): void {
    if (incident.windowId !== this.ownWindowId) return;
    if (incident.outcome !== "recovered" && incident.outcome !== "crashRecovered") return;
    if (this.recovery?.incident.id === incident.id) return;
    this.recovery = { incident, at: performance.now() };
    this.draw();
  }

  private draw(): void {
    const facts = this.facts();
    const drawing = statusItem(facts, this.choice, vscode.l10n.t);
    this.drawLater(facts);
    const key = JSON.stringify(drawing);
    if (key === this.drawn) return;
    this.drawn = key;
    const tooltip = new vscode.MarkdownString(drawing.tooltip, true);
    tooltip.isTrusted = { enabledCommands: LINKED_COMMANDS };
    this.item.text = drawing.text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: drawing.label, role: "button" };
    this.item.backgroundColor = drawing.warning ? this.warning : undefined;
    if (drawing.visible) this.item.show();
    else this.item.hide();
  }

  /** What time alone changes: "Recovered" goes, "Reconnecting" comes, the seconds to the next attempt are counted. */
  private drawLater(facts: StatusFacts): void {
    clearTimeout(this.timer);
    const recoveredFor = facts.lastRecovery?.agoMs ?? RECOVERED_FOR_MS;
    const counted = (facts.attached && facts.status && nextChangeMs(facts.status, facts.statusAgeMs)) || 0;
    const waits = [
      counted,
      facts.attached ? 0 : QUIET_DETACH_MS - facts.detachedForMs,
      RECOVERED_FOR_MS - recoveredFor,
    ].filter((ms) => ms > 0);
    if (waits.length > 0) this.timer = setTimeout(() => this.draw(), Math.min(...waits) + 50);
  }
}
