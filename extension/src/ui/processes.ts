// The view "Processes", and what is done with its rows: ending one, or all that were certainly left behind, and resuming what ran in one.
import * as vscode from "vscode";
import type { Client } from "../client";
import { method, type ProcessesReport, type Reaped, type ReapRequest } from "../generated/protocol";
import { bytes, withoutLinks } from "../pure/format";
import { certainOnes, endingLines, type ProcessRow, processTree } from "../pure/process-tree";
import { sessionTarget } from "../pure/session-requests";
import { readProcesses, readReaped } from "../pure/wire-checks";
import { type Drawing, ListView } from "./list-view";
import { openSession } from "./session-actions";

/** Whether there are certain ones: the command that ends them all is shown then. */
const CERTAIN_KEY = "lifeline.certainProcesses";

/** The processes, by grade. */
export class Processes extends ListView<ProcessRow> {
  private report: ProcessesReport | undefined;

  constructor(client: () => Client) {
    super({ view: "lifeline.processes", contextKey: "lifeline.processList" }, client);
  }

  /** Ends one process, after a question with the reasons. */
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

  /** Ends one process, after a question, and opens its session in a process of its own. */
  async resume(row: unknown): Promise<void> {
    const target = sessionTarget(row ?? this.selected);
    const process = this.report?.processes.find(({ pid }) => pid === target?.pid);
    if (!target || !process) return;
    const { t } = vscode.l10n;
    const resume = t("End and Resume");
    const question = t("End process {0}, and resume its session?", process.pid);
    const detail = `${endingLines([process], t)}\n\n${doubts(process.doubts)}`.trim();
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, resume)) !== resume) return;
    const reaped = await this.reap([process.id]);
    if (reaped.some(({ ended }) => ended.includes(process.pid))) await openSession(this.client(), target);
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
    const question =
      certain.length === 1
        ? t("End the process that was left behind?")
        : t("End {0} processes that were left behind?", certain.length);
    const detail = `${endingLines(certain, t)}\n\n${t("What their sessions were is saved first.")}`;
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, end)) !== end) return;
    await this.reap(certain.map(({ id }) => id));
  }

  private async reap(ids: string[]): Promise<Reaped[]> {
    const { t } = vscode.l10n;
    const options = { location: vscode.ProgressLocation.Notification, title: t("Lifeline: ending processes") };
    const request: ReapRequest = { ids };
    const reaped = readReaped(
      await vscode.window.withProgress(options, () => this.client().request<unknown>(method.reap, request)),
    );
    await this.refresh();
    tell(reaped);
    return reaped;
  }

  protected async look(): Promise<Drawing<ProcessRow>> {
    const { t } = vscode.l10n;
    this.report = readProcesses(await this.client().request<unknown>(method.processes));
    const { processes, givenBackBytes } = this.report;
    const hasCertain = processes.some(({ grade }) => grade === "certain");
    await vscode.commands.executeCommand("setContext", CERTAIN_KEY, hasCertain);
    const message = givenBackBytes > 0 ? t("Given back so far: {0}", bytes(givenBackBytes, t)) : "";
    return { groups: processTree(this.report, t), message };
  }
}

function tell(reaped: readonly Reaped[]): void {
  const { t } = vscode.l10n;
  const ended = reaped.reduce((sum, { ended }) => sum + ended.length, 0);
  const given = reaped.reduce((sum, { bytes: own }) => sum + own, 0);
  if (ended > 0) {
    const amount = bytes(given, t);
    const text =
      ended === 1
        ? t("Lifeline: one process ended, {0} given back.", amount)
        : t("Lifeline: {0} processes ended, {1} given back.", ended, amount);
    void vscode.window.showInformationMessage(text);
  }
  const reason = reaped.find((one) => one.ended.length === 0)?.reason;
  if (reason) void vscode.window.showWarningMessage(t("Lifeline: {0}", withoutLinks(reason)));
}

function doubts(all: readonly string[]): string {
  return all.length === 0 ? "" : vscode.l10n.t("But: {0}", all.join("; "));
}
