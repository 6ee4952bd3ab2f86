// Shows announcements as messages, with buttons that do something about them.
import * as vscode from "vscode";
import type { Incident, Notice } from "../generated/protocol";
import {
  type Announcement,
  type AnnouncementAction,
  Announcer,
  announceIncident,
  announceNotice,
} from "../pure/announcements";
import { wantsStatus } from "../pure/notices";
import { problemSentence } from "../pure/sentences";
import type { NotificationChoice } from "../pure/settings";
import type { Surroundings } from "../pure/surroundings";
import type { LinkProblem } from "../wire/link";
import { disableExtension, reportIssue } from "./extension-page";

/** One message for each piece of news. */
export class Notifications {
  private readonly announcer = new Announcer();
  private readonly problems = new Set<string>();

  constructor(
    private readonly choice: () => NotificationChoice,
    private readonly known: { surroundings(): Surroundings },
    /** Asks the daemon for its newest status; `known` has it then. */
    private readonly askStatus: () => Promise<unknown>,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  notice(notice: Notice): void {
    if (!this.announcer.isNews(notice)) return;
    const say = (): void => this.say(announceNotice(notice, this.known.surroundings(), this.choice(), vscode.l10n.t));
    if (wantsStatus(notice)) this.askStatus().then(say, say);
    else say();
  }

  recovered(incident: Incident): void {
    if (!this.announcer.isNewsOf(incident)) return;
    this.say(announceIncident(incident, this.known.surroundings(), this.choice(), vscode.l10n.t));
  }

  /** There is no daemon, and it will not come by itself: said once for each reason. */
  problem(problem: LinkProblem): void {
    const text = problemSentence(problem, vscode.l10n.t);
    this.log.warn(text);
    if (problem.kind === "unreachable" || this.choice() === "none" || this.problems.has(text)) return;
    this.problems.add(text);
    const showLog = title("log");
    void vscode.window.showWarningMessage(text, showLog).then((chosen) => chosen === showLog && this.log.show());
  }

  private say(announcement: Announcement | undefined): void {
    if (!announcement) return;
    const { level, text, actions, sessionId } = announcement;
    // What is said of a session names its title, which is a prompt.
    this.log[level === "warning" ? "warn" : "info"](sessionId === undefined ? text : `told of session ${sessionId}`);
    const titles = new Map(actions.map((action) => [title(action), action]));
    const show = level === "warning" ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
    void show(text, ...titles.keys()).then((chosen) => {
      const action = chosen === undefined ? undefined : titles.get(chosen);
      if (action) void perform(action, announcement);
    });
  }
}

function title(action: AnnouncementAction): string {
  switch (action) {
    case "compactSession":
      return vscode.l10n.t("Compact");
    case "connectionReport":
      return vscode.l10n.t("Connection Report");
    case "continueSession":
      return vscode.l10n.t("Continue");
    case "details":
      return vscode.l10n.t("Show Details");
    case "disable":
      return vscode.l10n.t("Disable Extension…");
    case "explain":
      return vscode.l10n.t("Explain");
    case "log":
      return vscode.l10n.t("Show Log");
    case "notNow":
      return vscode.l10n.t("Not Now");
    case "openSession":
      return vscode.l10n.t("Open");
    case "reload":
      return vscode.l10n.t("Reload Window");
    case "reportIssue":
      return vscode.l10n.t("Report Issue…");
    case "restart":
      return vscode.l10n.t("Restart Now");
    case "restartQuietly":
      return vscode.l10n.t("Restart at a Quiet Moment");
    case "probeNetwork":
      return vscode.l10n.t("Probe the Network");
    case "processes":
      return vscode.l10n.t("Show Processes");
    case "sessions":
      return vscode.l10n.t("Show Sessions");
    case "status":
      return vscode.l10n.t("Show Status");
  }
}

function perform(action: AnnouncementAction, { incident, subject, sessionId, error }: Announcement): Thenable<unknown> {
  const { executeCommand } = vscode.commands;
  const { windowId, label } = subject;
  switch (action) {
    case "compactSession":
      return executeCommand("lifeline.compactSession", { sessionId });
    case "connectionReport":
      return executeCommand("lifeline.connectionReport");
    case "continueSession":
      return executeCommand("lifeline.continueSession", { sessionId });
    case "details":
      return executeCommand("lifeline.showIncident", incident);
    case "disable":
      return incident ? disableExtension(incident) : Promise.resolve();
    case "explain":
      return executeCommand("lifeline.explainError", { text: error });
    case "log":
      return executeCommand("lifeline.showLog");
    case "notNow":
      return Promise.resolve();
    case "openSession":
      return executeCommand("lifeline.openSession", { sessionId });
    case "reload":
      return executeCommand("workbench.action.reloadWindow");
    case "reportIssue":
      return incident ? reportIssue(incident) : Promise.resolve();
    case "restart":
      return executeCommand("lifeline.restartHost", { windowId, label });
    case "restartQuietly":
      return executeCommand("lifeline.refreshHost", { windowId, label });
    case "probeNetwork":
      return executeCommand("lifeline.probeNetwork");
    case "processes":
      return executeCommand("lifeline.showProcesses");
    case "sessions":
      return executeCommand("lifeline.showSessions");
    case "status":
      return executeCommand("lifeline.showStatus");
  }
}
