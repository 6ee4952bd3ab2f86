// Shows announcements as messages, with buttons that do something about them.
import * as vscode from "vscode";
import type { Incident, Notice } from "../generated/protocol";
import { type Announcement, type AnnouncementAction, Announcer } from "../pure/announcements";
import { problemSentence } from "../pure/sentences";
import type { NotificationChoice } from "../pure/settings";
import type { LinkProblem } from "../wire/link";

/** One message for each piece of news. */
export class Notifications {
  private readonly announcer = new Announcer();
  private readonly problems = new Set<string>();

  constructor(
    private readonly choice: () => NotificationChoice,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  notice(notice: Notice): void {
    this.say(this.announcer.notice(notice, this.choice(), vscode.l10n.t));
  }

  recovered(incident: Incident): void {
    this.say(this.announcer.recovered(incident, this.choice(), vscode.l10n.t));
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
    const { level, text, actions, incident } = announcement;
    this.log[level === "warning" ? "warn" : "info"](text);
    const titles = new Map(actions.map((action) => [title(action), action]));
    const show = level === "warning" ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
    void show(text, ...titles.keys()).then((chosen) => {
      const action = chosen === undefined ? undefined : titles.get(chosen);
      if (action) void perform(action, incident);
    });
  }
}

function title(action: AnnouncementAction): string {
  switch (action) {
    case "details":
      return vscode.l10n.t("Show Details");
    case "log":
      return vscode.l10n.t("Show Log");
    case "status":
      return vscode.l10n.t("Show Status");
    case "reload":
      return vscode.l10n.t("Reload Window");
    case "restart":
      return vscode.l10n.t("Restart Now");
  }
}

function perform(action: AnnouncementAction, incident: Incident | undefined): Thenable<unknown> {
  switch (action) {
    case "details":
      return vscode.commands.executeCommand("lifeline.showIncident", incident);
    case "log":
      return vscode.commands.executeCommand("lifeline.showLog");
    case "status":
      return vscode.commands.executeCommand("lifeline.showStatus");
    case "reload":
      return vscode.commands.executeCommand("workbench.action.reloadWindow");
    case "restart":
      return vscode.commands.executeCommand("lifeline.restartHost");
  }
}
