// What opens when the status bar item is clicked: how things stand, and what can be done.
import * as vscode from "vscode";
import { memoryOf } from "../pure/memory";
import { problemSentence, verdictWords } from "../pure/sentences";
import { statusRows } from "../pure/status-bar";
import type { Documents } from "./documents";
import type { StatusBar } from "./status-bar";

interface Choice extends vscode.QuickPickItem {
  readonly run?: () => Thenable<unknown>;
}

/** Shows the menu. */
export async function showStatusMenu(statusBar: StatusBar, documents: Documents): Promise<void> {
  const { t } = vscode.l10n;
  const facts = statusBar.facts();
  const command = (name: string) => () => vscode.commands.executeCommand(`lifeline.${name}`);
  const report = (): Thenable<unknown> => documents.showStatus();
  const choices: Choice[] = [];
  if (facts.status) {
    const { verdict, paused, degraded } = facts.status;
    const isWell = verdict === "healthy" && !paused && !degraded && memoryOf(facts.status)?.level !== "critical";
    choices.push({
      label: `$(${isWell ? "pass" : "warning"}) ${capital(verdictWords(facts.status.verdict, t))}`,
      description: facts.status.paused ? t("protection is paused") : "",
      run: report,
    });
    for (const [name, value] of statusRows(facts, facts.status, t).slice(2)) {
      choices.push({ label: name, description: value.replace(/\\(?=[^\w\s])/g, ""), run: report });
    }
  } else {
    choices.push({
      label: `$(debug-disconnect) ${t("Not connected to the daemon")}`,
      detail: facts.problem ? problemSentence(facts.problem, t) : t("Lifeline is connecting."),
      run: command("showLog"),
    });
  }
  choices.push({ label: t("Actions"), kind: vscode.QuickPickItemKind.Separator });
  if (facts.attached) {
    choices.push({ label: `$(list-flat) ${t("Show Full Status")}`, run: report });
    choices.push({ label: `$(list-tree) ${t("Show Sessions")}`, run: command("showSessions") });
    choices.push({ label: `$(history) ${t("Show Recovery History")}`, run: command("showHistory") });
    choices.push({ label: `$(debug-restart) ${t("Restart Extension Host Now")}`, run: command("restartHost") });
    const quiet = t("Refresh Extension Host at a Quiet Moment");
    choices.push({ label: `$(watch) ${quiet}`, run: command("refreshHost") });
    choices.push({ label: `$(beaker) ${t("Run Recovery Drill")}`, run: command("drill") });
    choices.push(
      facts.status?.paused
        ? { label: `$(debug-start) ${t("Resume Protection")}`, run: command("resume") }
        : { label: `$(debug-pause) ${t("Pause Protection")}`, run: command("pause") },
    );
  }
  choices.push({ label: `$(graph) ${t("Connection Report")}`, run: command("connectionReport") });
  choices.push({ label: `$(checklist) ${t("Run Doctor")}`, run: command("runDoctor") });
  choices.push({ label: `$(question) ${t("Explain an Error")}`, run: command("explainError") });
  choices.push({ label: `$(output) ${t("Show Log")}`, run: command("showLog") });
  choices.push({
    label: `$(gear) ${t("Settings")}`,
    run: () => vscode.commands.executeCommand("workbench.action.openSettings", "@ext:lifeline-dev.lifeline"),
  });
  const chosen = await vscode.window.showQuickPick(choices, {
    title: "Lifeline",
    placeHolder: t("How this window stands"),
  });
  await chosen?.run?.();
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
