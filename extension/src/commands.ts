// Commands: a table from id to a thin call.
import * as vscode from "vscode";
import type { Client } from "./client";
import {
  type DrillAnswer,
  type DrillKind,
  type Incident,
  method,
  type RestartAnswer,
  type RestartRequest,
  type Settings,
} from "./generated/protocol";
import { culpritName, culpritOf } from "./pure/culprit";
import { incidentTitle } from "./pure/documents";
import { duration, withoutLinks } from "./pure/format";
import { isPlanned, problemSentence, verdictWords } from "./pure/sentences";
import { type SessionTarget, sessionTarget } from "./pure/session-requests";
import { hostWords, restartTarget } from "./pure/surroundings";
import { isIncident } from "./pure/wire-checks";
import type { Documents } from "./ui/documents";
import {
  compactSession,
  continueSession,
  copyResumeCommand,
  openSession,
  revealTranscript,
} from "./ui/session-actions";
import type { StatusBar } from "./ui/status-bar";
import { showStatusMenu } from "./ui/status-menu";
import type { Tools } from "./ui/tools";
import type { Views } from "./ui/views";

/** How long the status bar says in words that a restart waits; after that the item goes on showing it. */
const WAITING_MS = 10_000;

/** What the commands act on. */
export interface Parts {
  readonly client: Client;
  readonly statusBar: StatusBar;
  readonly documents: Documents;
  readonly tools: Tools;
  readonly views: Views;
  readonly log: vscode.LogOutputChannel;
  readonly settings: () => Settings;
  readonly freezeSoon: (kind: DrillKind) => void;
}

const table: Readonly<Record<string, (parts: Parts, argument: unknown) => unknown>> = {
  "lifeline.showStatus": ({ statusBar, documents }) => showStatusMenu(statusBar, documents),
  "lifeline.showLog": ({ log }) => log.show(),
  "lifeline.showHistory": (parts) => showHistory(parts),
  "lifeline.showIncident": ({ documents }, incident) => isIncident(incident) && documents.showIncident(incident),
  "lifeline.showCulprits": ({ documents }) => documents.showCulprits(),
  "lifeline.connectionReport": ({ tools }) => tools.report.choose(),
  "lifeline.refreshReport": ({ tools }) => tools.report.refresh(),
  "lifeline.copyReport": ({ tools }) => tools.report.copy(),
  "lifeline.saveReport": ({ tools }) => tools.report.save(),
  "lifeline.runDoctor": ({ tools }) => tools.doctor.run(),
  "lifeline.probeNetwork": ({ tools }) => tools.doctor.probe(),
  "lifeline.copyDoctorReport": ({ tools }) => tools.doctor.copy(),
  "lifeline.fixIt": ({ tools }, row) => tools.doctor.fix(row),
  "lifeline.openFinding": ({ tools }, row) => tools.doctor.open(row),
  "lifeline.explainError": ({ tools }, error) => tools.explainer.explain(error),
  "lifeline.toggleRelay": ({ tools }) => tools.relay.toggle(),
  "lifeline.restartHost": (parts, target) => restartHost(parts, restartTarget(target)),
  "lifeline.refreshHost": (parts, target) => refreshHost(parts, restartTarget(target)),
  "lifeline.showSessions": () => vscode.commands.executeCommand("lifeline.sessions.focus"),
  "lifeline.refreshSessions": ({ views }) => views.sessions.refresh(),
  "lifeline.openSession": (parts, row) => onSession(parts, row, (target) => openSession(parts.client, target)),
  "lifeline.continueSession": (parts, row) => onSession(parts, row, (target) => continueSession(parts.client, target)),
  "lifeline.compactSession": (parts, row) => onSession(parts, row, (target) => compactSession(parts.client, target)),
  "lifeline.copyResumeCommand": (parts, row) => onSession(parts, row, copyResumeCommand),
  "lifeline.revealTranscript": (parts, row) => onSession(parts, row, revealTranscript),
  "lifeline.showProcesses": () => vscode.commands.executeCommand("lifeline.processes.focus"),
  "lifeline.refreshProcesses": ({ views }) => views.processes.refresh(),
  "lifeline.endProcess": ({ views }, row) => views.processes.end(row),
  "lifeline.resumeProcess": ({ views }, row) => views.processes.resume(row),
  "lifeline.endAllCertain": ({ views }) => views.processes.endAllCertain(),
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
      ? t("Lifeline: {0}", withoutLinks(reason))
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
    detail: historyDetail(incident),
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

/** Where, why and by whom, as far as there is something to say. */
function historyDetail(incident: Incident): string {
  const { t } = vscode.l10n;
  const culprit = culpritOf(incident);
  const verdict = isPlanned(incident) ? undefined : verdictWords(incident.verdict, t);
  return [incident.label, verdict, culprit && culpritName(culprit, t)].filter(Boolean).join(" · ");
}

function historyIcon(incident: Incident): string {
  if (incident.outcome === "refused" || incident.outcome === "notVerified") return "warning";
  return incident.cause === "drill" ? "beaker" : incident.outcome === "open" ? "sync" : "check";
}

async function restartHost({ client }: Parts, target: ReturnType<typeof restartTarget>): Promise<void> {
  const { t } = vscode.l10n;
  const windowId = target?.windowId ?? client.windowId;
  const ask = (confirmed: boolean): Promise<RestartAnswer> => {
    const request: RestartRequest = { windowId, confirmed, whenQuiet: false };
    return client.request<RestartAnswer>(method.restart, request);
  };
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
    const host = hostWords({ own: windowId === client.windowId, label: target?.label }, t);
    const question = t("Restart {0} now?", host);
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, restart)) !== restart) return;
    answer = await ask(true);
  }
  tellRestart(answer);
}

/** Called with a row of the view, with what a message hands over, or by a key while a row is selected. */
async function onSession({ views }: Parts, row: unknown, act: (target: SessionTarget) => Promise<void>): Promise<void> {
  const target = sessionTarget(row ?? views.sessions.selected);
  if (!target) return;
  await act(target);
  views.news();
}

/** Nothing is asked: it is done when nothing is in flight and nothing would be lost. */
async function refreshHost({ client }: Parts, target: ReturnType<typeof restartTarget>): Promise<void> {
  const request: RestartRequest = { windowId: target?.windowId ?? client.windowId, confirmed: true, whenQuiet: true };
  tellRestart(await client.request<RestartAnswer>(method.restart, request));
}

function tellRestart(answer: RestartAnswer): void {
  const { t } = vscode.l10n;
  if (answer.answer === "refused") {
    void vscode.window.showWarningMessage(t("Lifeline: {0}", withoutLinks(answer.reason)));
  }
  if (answer.answer === "waiting") {
    const text = t("Lifeline: restart at the next quiet moment");
    vscode.window.setStatusBarMessage(`$(watch) ${text}`, WAITING_MS);
  }
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
  else void vscode.window.showWarningMessage(t("Lifeline: {0}", withoutLinks(answer.reason)));
}

async function pause({ client }: Parts, paused: boolean): Promise<void> {
  await client.request(method.pause, { windowId: client.windowId, paused });
  await client.fetchStatus();
}
