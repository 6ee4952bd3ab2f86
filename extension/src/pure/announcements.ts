// What is announced, how loudly, and once: notices and recoveries become at most one message each.
import type { Incident, Notice } from "../generated/protocol";
import type { Translate } from "./format";
import { incidentSentence, noticeSentence } from "./sentences";
import type { NotificationChoice } from "./settings";

/** Buttons of a message, in words of our own; `ui/notifications.ts` gives them titles and deeds. */
export type AnnouncementAction = "details" | "log" | "reload" | "restart" | "status";

/** One message to the user. */
export interface Announcement {
  readonly level: "information" | "warning";
  readonly text: string;
  readonly actions: readonly AnnouncementAction[];
  readonly incident: Incident | undefined;
}

/** Good news: said quietly. Everything else needs the user. */
const GOOD_NEWS = new Set(["recovered", "cameBack", "crashRecovered", "observed"]);

const ACTIONS: Readonly<Record<string, readonly AnnouncementAction[]>> = {
  refusedBudget: ["reload", "details", "log"],
  notVerified: ["reload", "details", "log"],
  refusedIdentity: ["reload", "details", "log"],
  refusedUnsaved: ["restart", "details", "log"],
  refusedCannotSave: ["reload", "details", "log"],
  ask: ["restart", "details", "log"],
  cannotSave: ["status", "log"],
};

/** How many identities are remembered. */
const MEMORY = 500;

/** Decides what is said; remembers what was. */
export class Announcer {
  private readonly said = new Set<string>();

  /** A notice, as the daemon sends it or keeps it in the window's status. */
  notice(notice: Notice, choice: NotificationChoice, t: Translate): Announcement | undefined {
    const keys = [notice.id];
    if (notice.incident) keys.push(`${notice.incident.id}/${notice.code}`);
    if (!this.first(keys)) return undefined;
    return announce(notice.code, noticeSentence(notice, t), notice.incident ?? undefined, choice);
  }

  /** A recovery that ended. A notice about the same incident with the same code is the same news. */
  recovered(incident: Incident, choice: NotificationChoice, t: Translate): Announcement | undefined {
    const code = incident.outcome === "refused" ? (incident.reason ?? "refused") : incident.outcome;
    if (!this.first([`${incident.id}/${code}`])) return undefined;
    return announce(code, incidentSentence(incident, t), incident, choice);
  }

  private first(keys: readonly string[]): boolean {
    const isNew = !keys.some((key) => this.said.has(key));
    for (const key of keys) this.said.add(key);
    for (const oldest of this.said) {
      if (this.said.size <= MEMORY) break;
      this.said.delete(oldest);
    }
    return isNew;
  }
}

function announce(
  code: string,
  text: string,
  incident: Incident | undefined,
  choice: NotificationChoice,
): Announcement | undefined {
  const good = GOOD_NEWS.has(code);
  if (choice === "none" || (choice === "problems" && good)) return undefined;
  const actions = (ACTIONS[code] ?? ["details", "log"]).filter(
    (action) => action !== "details" || incident !== undefined,
  );
  return { level: good ? "information" : "warning", text, actions, incident };
}
