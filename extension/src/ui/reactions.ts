// What the user sees of each thing that the daemon says.
import type { ClientEvents } from "../client";
import type { Notifications } from "./notifications";
import type { StatusBar } from "./status-bar";
import type { Views } from "./views";

/** The part of a client's events that only concerns what is shown. */
export type Reactions = Pick<ClientEvents, "stateChanged" | "windowStatus" | "statusReport" | "recovered" | "notice">;

/** Passes them to the status bar, the notifications and the lists. */
export function reactions(statusBar: StatusBar, notifications: Notifications, views: Views): Reactions {
  return {
    stateChanged: (state) => {
      statusBar.clientChanged(state);
      // A short gap is not shown in the list: its next look will tell.
      if (state.kind === "attached") views.reconnected();
      else if (state.problem) notifications.problem(state.problem);
    },
    windowStatus: (status) => {
      statusBar.windowStatus(status);
      for (const notice of status.notices) notifications.notice(notice);
      views.news();
    },
    statusReport: (report) => statusBar.statusReport(report),
    recovered: (incident) => {
      statusBar.incidentEnded(incident);
      notifications.recovered(incident);
      views.news();
    },
    notice: (notice) => {
      if (notice.incident) statusBar.incidentEnded(notice.incident);
      notifications.notice(notice);
      views.news();
    },
  };
}
