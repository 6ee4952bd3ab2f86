// What the user sees of each thing that the daemon says.
import type { ClientEvents } from "../client";
import type { Notifications } from "./notifications";
import type { StatusBar } from "./status-bar";

/** The part of a client's events that only concerns what is shown. */
export type Reactions = Pick<ClientEvents, "stateChanged" | "windowStatus" | "statusReport" | "recovered" | "notice">;

/** Passes them to the status bar and the notifications. */
export function reactions(statusBar: StatusBar, notifications: Notifications): Reactions {
  return {
    stateChanged: (state) => {
      statusBar.clientChanged(state);
      if (state.kind === "connecting" && state.problem) notifications.problem(state.problem);
    },
    windowStatus: (status) => {
      statusBar.windowStatus(status);
      for (const notice of status.notices) notifications.notice(notice);
    },
    statusReport: (report) => statusBar.statusReport(report),
    recovered: (incident) => {
      statusBar.incidentEnded(incident);
      notifications.recovered(incident);
    },
    notice: (notice) => {
      if (notice.incident) statusBar.incidentEnded(notice.incident);
      notifications.notice(notice);
    },
  };
}
