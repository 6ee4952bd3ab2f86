// Commands: a table from id to a thin call.
import * as vscode from "vscode";
import type { Client } from "./client";
import {
  type DrillAnswer,
  type DrillKind,
  type Incident,
  method,
  type RestartAnswer,
  type Settings,
} from "./generated/protocol";
import { incidentTitle } from "./pure/documents";
import { duration } from "./pure/format";
import { problemSentence, verdictWords } from "./pure/sentences";
import { isIncident } from "./pure/wire-checks";
import type { Documents } from "./ui/documents";
import type { StatusBar } from "./ui/status-bar";
import { showStatusMenu } from "./ui/status-menu";

/** What the commands act on. */
export interface Parts {
  readonly client: Client;
  readonly statusBar: StatusBar;
  readonly documents: Documents;
  readonly log: vscode.LogOutputChannel;
  readonly settings: () => Settings;
  readonly freezeSoon: (kind: DrillKind) => void;
}

const table: Readonly<Record<string, (parts: Parts, argument: unknown) => unknown>> = {
  "lifeline.showStatus": ({ statusBar, documents }) => showStatusMenu(statusBar, documents),
  "lifeline.showLog": ({ log }) => log.show(),
  "lifeline.showHistory": (parts) => showHistory(parts),
  "lifeline.showIncident": ({ documents }, incident) => isIncident(incident) && documents.showIncident(incident),
  "lifeline.restartHost": (parts) => restartHost(parts),
  "lifeline.drill": (parts) => drill(parts),
  "lifeline.pause": (parts) => pause(parts, true),
  "lifeline.resume": (parts) => pause(parts, false),
};

/** Registers all of them. */
export function registerCommands(parts: Parts): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(table).map(([id, run]) =>
      vscode.commands.registerCommand(id, async (argument: unknown) => {
        try {
          await run(parts, argument);
        } catch (error) {
          await explain(parts, error);
        }
      }),
    ),
  );
}

/** A command that could not be carried out says why, and what to do. */
async function explain({ client, log }: Parts, error: unknown): Promise<void> {
  const { t } = vscode.l10n;
  const { state } = client;
  const problem = state.kind === "connecting" ? state.problem : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  log.warn(`command failed: ${reason}`);
  const text =
    state.kind === "attached"
      ? t("Lifeline: {0}", reason)
      : problem
        ? problemSentence(problem, t)
        : t("Lifeline is not connected to its daemon yet. Try again in a moment.");
  const showLog = t("Show Log");
  if ((await vscode.window.showWarningMessage(text, showLog)) === showLog) log.show();
}

async function showHistory({ documents }: Parts): Promise<void> {
  const { t } = vscode.l10n;
  const incidents = await documents.fetchIncidents();
  if (incidents.length === 0) {
    void vscode.window.showInformationMessage(t("Lifeline has not had to recover anything yet."));
    return;
  }
  const items = incidents.map((incident) => ({
    label: `$(${historyIcon(incident)}) ${incidentTitle(incident, t)}`,
    description: new Date(incident.beganUnixMs).toLocaleString(vscode.env.language),
    detail: `${incident.label} · ${verdictWords(incident.verdict, t)}`,
    incident,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: t("Lifeline: Recovery History"),
    placeHolder: t("Choose one to see its time line and evidence"),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen) await documents.showIncident(chosen.incident);
}

function historyIcon(incident: Incident): string {
  if (incident.outcome === "refused" || incident.outcome === "notVerified") return "warning";
  return incident.cause === "drill" ? "beaker" : incident.outcome === "open" ? "sync" : "check";
}

async function restartHost({ client }: Parts): Promise<void> {
  const { t } = vscode.l10n;
  const ask = (confirmed: boolean): Promise<RestartAnswer> =>
    client.request<RestartAnswer>(method.restart, { windowId: client.windowId, confirmed });
  let answer = await ask(false);
  if (answer.answer === "needsConfirmation") {
    const lost = answer.wouldLose;
    const detail =
      lost.length > 0
        ? t("This would be lost:\n{0}", lost.map((one) => `• ${one}`).join("\n"))
        : t(
            "Nothing would be lost: tabs, unsaved text and terminals survive. Running tasks of extensions are interrupted.",
          );
    const restart = t("Restart");
    const question = t("Restart this window's extension host now?");
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, restart)) !== restart) return;
    answer = await ask(true);
  }
  if (answer.answer === "refused") void vscode.window.showWarningMessage(t("Lifeline: {0}", answer.reason));
}

async function drill({ client, settings, freezeSoon }: Parts): Promise<void> {
  const { t } = vscode.l10n;
  if (client.state.kind !== "attached") throw new Error("not connected");
  const { deadlockAfterMs, spinningAfterMs } = settings();
  const detail = t(
    "This window's extension host stops for real: for about {0} with a deadlock, {1} with a busy loop. Lifeline then saves a snapshot and restarts it, and shows the measured times.\n\nUnsaved text, tabs and terminals survive. Extensions are interrupted, as in any restart. The drill counts as one of the two restarts that VS Code allows within 5 minutes.",
    duration(deadlockAfterMs, t),
    duration(spinningAfterMs, t),
  );
  const deadlock = t("Deadlock");
  const busyLoop = t("Busy Loop");
  const question = t("Freeze this window's extension host to watch Lifeline recover it?");
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, deadlock, busyLoop);
  if (chosen === undefined) return;
  const kind: DrillKind = chosen === deadlock ? "deadlock" : "busyLoop";
  const answer = await client.request<DrillAnswer>(method.drill, { windowId: client.windowId, kind });
  if (answer.answer === "go") freezeSoon(kind);
  else void vscode.window.showWarningMessage(t("Lifeline: {0}", answer.reason));
}

async function pause({ client }: Parts, paused: boolean): Promise<void> {
  await client.request(method.pause, { windowId: client.windowId, paused });
  await client.fetchStatus();
}
