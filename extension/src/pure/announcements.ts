// What is announced, how loudly, and once: notices and recoveries become at most one message each.
import type { Incident, Notice } from "../generated/protocol";
import { connectionError, STALLED } from "./connection";
import { culpritOf, extensionOf } from "./culprit";
import { type Translate, withoutLinks } from "./format";
import { noticeSentence } from "./notices";
import { incidentSentence } from "./sentences";
import { isSessionId } from "./session-requests";
import type { NotificationChoice } from "./settings";
import { type Subject, type Surroundings, subjectOfIncident, subjectOfNotice } from "./surroundings";

/** Buttons of a message, in words of our own; `ui/notifications.ts` gives them titles and deeds. */
export type AnnouncementAction =
  | "compactSession"
  | "connectionReport"
  | "continueSession"
  | "details"
  | "disable"
  | "explain"
  | "log"
  | "notNow"
  | "openSession"
  | "probeNetwork"
  | "processes"
  | "reload"
  | "reportIssue"
  | "restart"
  | "restartQuietly"
  | "sessions"
  | "status";

/** One message to the user. */
export interface Announcement {
  readonly level: "information" | "warning";
  readonly text: string;
  readonly actions: readonly AnnouncementAction[];
  /** The window that a restart would be for. */
  readonly subject: Subject;
  readonly incident: Incident | undefined;
  /** The session that it is about. */
  readonly sessionId: string | undefined;
  /** What went wrong there, to be explained; empty when only the transcripts can tell. */
  readonly error: string;
}

/** Good news: said quietly. Everything else needs the user. */
const GOOD_NEWS = new Set(["recovered", "cameBack", "crashRecovered", "observed", "refreshOffered", "gaveBack"]);

const ACTIONS: Readonly<Record<string, readonly AnnouncementAction[]>> = {
  refusedBudget: ["reload", "details", "log"],
  notVerified: ["reload", "details", "log"],
  refusedIdentity: ["reload", "details", "log"],
  refusedUnsaved: ["restart", "details", "log"],
  refusedCannotSave: ["reload", "details", "log"],
  ask: ["restart", "details", "log"],
  unclear: ["restart", "details", "log"],
  unguarded: ["status", "log"],
  cannotSave: ["status", "log"],
  machineMemory: ["status", "log"],
  memoryHigh: ["restartQuietly", "restart", "notNow"],
  memoryCritical: ["restart", "status", "notNow"],
  refreshOffered: ["restartQuietly", "restart", "notNow"],
  sessionCut: ["continueSession", "openSession", "sessions"],
  leftBehind: ["processes"],
  gaveBack: ["processes"],
  apiUnreachable: ["probeNetwork", "log"],
  turnDied: ["continueSession", "explain", "sessions", "connectionReport"],
  turnsDie: ["compactSession", "continueSession", "explain", "sessions"],
  // In mid-turn it cannot be typed for the user.
  turnBreaks: ["openSession", "explain", "sessions"],
  turnStalled: ["openSession", "explain", "sessions", "connectionReport"],
  // Its last turn is complete: there is nothing to continue.
  sessionEnded: ["openSession", "sessions"],
};

/** Buttons that need to know which. */
const OF_A_SESSION = new Set<AnnouncementAction>(["compactSession", "continueSession", "openSession"]);

/** How many identities are remembered. */
const MEMORY = 500;

/** Remembers what was announced. */
export class Announcer {
  private readonly said = new Set<string>();

  /** Whether a notice, as the daemon sends it or keeps it in the window's status, is news. It is not the next time. */
  isNews(notice: Notice): boolean {
    const keys = [notice.id];
    // One incident may cut several sessions off: those notices are told apart by their own identity.
    if (notice.incident && sessionOfNotice(notice) === undefined) keys.push(`${notice.incident.id}/${notice.code}`);
    return this.first(keys);
  }

  /** The same of a recovery that ended. A notice about the same incident with the same code is the same news. */
  isNewsOf(incident: Incident): boolean {
    return this.first([`${incident.id}/${codeOf(incident)}`]);
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

/** The message for a notice; undefined when the user does not want to hear it. */
export function announceNotice(
  notice: Notice,
  here: Surroundings,
  choice: NotificationChoice,
  t: Translate,
): Announcement | undefined {
  const text = noticeSentence(notice, here, t);
  const subject = subjectOfNotice(notice, here);
  const sessionId = sessionOfNotice(notice);
  const announcement = announce(notice.code, text, notice.incident ?? undefined, subject, choice, sessionId);
  return announcement && { ...announcement, error: errorOf(notice.code, sessionId, here) };
}

/** The message for a recovery that ended. */
export function announceIncident(
  incident: Incident,
  here: Surroundings,
  choice: NotificationChoice,
  t: Translate,
): Announcement | undefined {
  const text = incidentSentence(incident, here, t);
  return announce(codeOf(incident), text, incident, subjectOfIncident(incident, here), choice);
}

/** The session that a notice is about, from a daemon that says so. */
function sessionOfNotice(notice: Notice): string | undefined {
  const { sessionId } = notice;
  return isSessionId(sessionId) ? sessionId : undefined;
}

function errorOf(code: string, sessionId: string | undefined, { windows }: Surroundings): string {
  return code === "turnStalled" ? STALLED : connectionError(windows, sessionId);
}

function codeOf(incident: Incident): string {
  return incident.outcome === "refused" ? (incident.reason ?? "refused") : incident.outcome;
}

function announce(
  code: string,
  text: string,
  incident: Incident | undefined,
  subject: Subject,
  choice: NotificationChoice,
  sessionId?: string,
): Announcement | undefined {
  const good = GOOD_NEWS.has(code);
  if (choice === "none" || (choice === "problems" && good)) return undefined;
  const culprit = incident && culpritOf(incident);
  const isExtension = culprit !== undefined && extensionOf(culprit) !== undefined;
  const usual = ACTIONS[code] ?? ["details", "log"];
  // Who did it is more use than the log, which the details lead to. About a session it was said when its host was.
  const actions: AnnouncementAction[] =
    isExtension && sessionId === undefined
      ? [...usual.filter((action) => action !== "log"), "disable", "reportIssue"]
      : [...usual];
  const possible = actions.filter(
    // Another window can be restarted from here, but not reloaded.
    (action) =>
      (action !== "details" || incident !== undefined) &&
      (action !== "reload" || subject.own) &&
      (!OF_A_SESSION.has(action) || sessionId !== undefined),
  );
  return {
    level: good ? "information" : "warning",
    text: withoutLinks(text),
    actions: possible,
    subject,
    incident,
    sessionId,
    error: "",
  };
}
