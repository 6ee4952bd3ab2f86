// Every sentence the user reads, from a code and its figures: what happened, what Lifeline did or refused to do, the next step.
import type { Incident, Preserved } from "../generated/protocol";
import type { LinkProblem } from "../wire/link";
import { blockedByClause, culpritName, culpritOf, placeOf, timesClause } from "./culprit";
import { duration, list, measured, share, type Translate } from "./format";
import type { StartFailure } from "./start-failure";
import { hostWords, type Subject, type Surroundings, subjectOfIncident } from "./surroundings";

/** Why the host was stuck, in a few words. */
export function verdictWords(verdict: string, t: Translate): string {
  switch (verdict) {
    case "healthy":
      return t("healthy");
    case "late":
      return t("late: the main thread has not answered for a moment");
    case "deadlock":
      return t("deadlock: the main thread waited without an end");
    case "onChild":
      return t("blocked: the main thread waited for a child process");
    case "spinning":
      return t("busy loop: the main thread computed without an end");
    case "gcThrash":
      return t("out of memory: the main thread only collected garbage");
    case "starved":
      return t("starved: the machine is overloaded");
    case "ioStuck":
      return t("stuck in input or output: a disk or network does not answer");
    case "stopped":
      return t("stopped by a signal");
    case "traced":
      return t("held by a debugger");
    case "suspended":
      return t("the machine was asleep");
    case "gone":
      return t("gone: the process ended");
    default:
      return verdict;
  }
}

/** `12 tabs, 2 unsaved files and 3 terminals`, or undefined when there was nothing. */
export function preservedWords(preserved: Preserved | null | undefined, t: Translate): string | undefined {
  if (!preserved) return undefined;
  const count = (n: number, one: string, many: string): string[] => (n > 0 ? [n === 1 ? t(one) : t(many, n)] : []);
  const parts = [
    ...count(preserved.tabs, "1 tab", "{0} tabs"),
    ...count(preserved.dirtyDocuments, "1 unsaved file", "{0} unsaved files"),
    ...count(preserved.terminals, "1 terminal", "{0} terminals"),
  ];
  return parts.length > 0 ? list(parts, t) : undefined;
}

function preservedClause(incident: Incident, t: Translate): string {
  const preserved = incident.preserved;
  const words = preservedWords(preserved, t);
  if (!preserved || words === undefined) return "";
  const total = preserved.tabs + preserved.dirtyDocuments + preserved.terminals;
  return total === 1 ? t("; {0} is preserved", words) : t("; {0} are preserved", words);
}

/** How long it was frozen: until it was acted upon, or came back. */
function frozenMs(incident: Incident): number {
  return incident.actedAfterMs ?? incident.endedAfterMs ?? incident.verdictAfterMs ?? 0;
}

/** From the act to the new host. */
export function recoveryMs(incident: Incident): number | undefined {
  if (incident.endedAfterMs === null || incident.endedAfterMs === undefined) return undefined;
  return Math.max(0, incident.endedAfterMs - (incident.actedAfterMs ?? 0));
}

/** One sentence (or a few) for an incident that ended. Also the title of its details. */
export function incidentSentence(incident: Incident, here: Surroundings, t: Translate): string {
  const subject = subjectOfIncident(incident, here);
  const host = hostWords(subject, t);
  switch (incident.outcome) {
    case "recovered":
      return recoveredSentence(incident, subject, t);
    case "cameBack":
      return (
        t(
          "Lifeline: {0} was frozen for {1} ({2}) and came back by itself. Nothing was restarted.",
          host,
          duration(incident.endedAfterMs ?? frozenMs(incident), t),
          verdictWords(incident.verdict, t),
        ) + blockedByClause(incident, subject, t)
      );
    case "crashRecovered": {
      const took = recoveryMs(incident);
      const kept = preservedClause(incident, t);
      return took === undefined
        ? t("Lifeline: {0} crashed and VS Code brought it back{1}.", host, kept)
        : t("Lifeline: {0} crashed. VS Code brought it back in {1}{2}.", host, duration(took, t), kept);
    }
    case "notVerified":
    case "refused": {
      const code = incident.outcome === "refused" ? incident.reason : incident.outcome;
      return (
        codeSentence(code ?? "", incident, subject, t) ??
        t("Lifeline: {0} {1}. Nothing was restarted.", host, plightWords(incident, t)) +
          blockedByClause(incident, subject, t)
      );
    }
    default:
      return isPlanned(incident)
        ? t("Lifeline: {0} is being restarted.", host)
        : t(
            "Lifeline: {0} has been frozen for {1} ({2}).",
            host,
            duration(frozenMs(incident), t),
            verdictWords(incident.verdict, t),
          );
  }
}

/** It answered, and was to be restarted in good order. */
export function isPlanned({ cause }: Incident): boolean {
  return cause === "requested" || cause === "memory" || cause === "refresh";
}

/** What was the matter with it: `was frozen (deadlock: …)`. */
function plightWords(incident: Incident, t: Translate): string {
  switch (incident.cause) {
    case "memory":
      return t("was about to run out of memory");
    case "refresh":
      return t("was due for a refresh");
    case "requested":
      return t("was to be restarted");
    default:
      return t("was frozen ({0})", verdictWords(incident.verdict, t));
  }
}

function recoveredSentence(incident: Incident, subject: Subject, t: Translate): string {
  const host = hostWords(subject, t);
  const took = duration(recoveryMs(incident) ?? 0, t);
  const kept = preservedClause(incident, t);
  switch (incident.cause) {
    case "drill":
      return t(
        "Lifeline drill passed: the freeze was recognised after {0}, acted upon after {1}, and a new extension host was attached {2} later{3}.",
        measured(incident.verdictAfterMs ?? frozenMs(incident), t),
        measured(frozenMs(incident), t),
        measured(recoveryMs(incident) ?? 0, t),
        kept,
      );
    case "requested":
      return subject.own
        ? t("Lifeline: the extension host was restarted in {0}{1}.", took, kept)
        : t("Lifeline: {0} was restarted in {1}{2}.", host, took, kept);
    case "memory": {
      const { heapUsedBytes: used, heapLimitBytes: limit } = incident;
      return typeof used === "number" && typeof limit === "number"
        ? t(
            "Lifeline: {0} was restarted before it ran out of memory ({1}). It was back in {2}{3}.",
            host,
            share(used, limit, t),
            took,
            kept,
          )
        : t("Lifeline: {0} was restarted before it ran out of memory. It was back in {1}{2}.", host, took, kept);
    }
    case "refresh": {
      // The daemon's reason is its first observation, such as "it has run for 125 min".
      const reason = incident.evidence[0]?.text;
      return reason === undefined
        ? t("Lifeline: {0} was refreshed at a quiet moment. It was back in {1}{2}.", host, took, kept)
        : t("Lifeline: {0} was refreshed at a quiet moment ({1}). It was back in {2}{3}.", host, reason, took, kept);
    }
  }
  const culprit = culpritOf(incident);
  const place = culprit && placeOf(culprit);
  if (culprit && place) {
    const blocked = t(
      "Lifeline: {0} blocked {1} in {2}. The host was frozen for {3} ({4}) and was restarted in {5}{6}.",
      culpritName(culprit, t),
      subject.own ? t("the extension host") : host,
      place,
      duration(frozenMs(incident), t),
      verdictWords(incident.verdict, t),
      took,
      kept,
    );
    return blocked + timesClause(culprit, subject, t);
  }
  return t(
    "Lifeline: {0} was frozen for {1} ({2}). It was restarted in {3}{4}.",
    host,
    duration(frozenMs(incident), t),
    verdictWords(incident.verdict, t),
    took,
    kept,
  );
}

/** The sentence for a code that says what became of an incident; undefined when it is none of these. */
export function codeSentence(
  code: string,
  incident: Incident | undefined,
  subject: Subject,
  t: Translate,
): string | undefined {
  const host = hostWords(subject, t);
  // Without an incident it is about a freeze.
  const plight = incident ? plightWords(incident, t) : t("was frozen");
  const verdict = incident ? verdictWords(incident.verdict, t) : "";
  const blocked = incident ? blockedByClause(incident, subject, t) : "";
  switch (code) {
    // A frozen host shows nothing: when one of these is read in its window, a host answers again. Hence the past tense.
    case "refusedBudget":
      return (
        t(
          "Lifeline: {0} {1} and was not restarted: after two exits within 5 minutes VS Code stops bringing it back. What was open is saved. If the window does not answer, choose Reload Window.",
          host,
          plight,
        ) + blocked
      );
    case "refusedUnsaved":
      return (
        t(
          "Lifeline: {0} {1} and was not restarted: unsaved changes in a custom editor or notebook, or a debug session, would have been lost. If it does not answer, choose Restart Now.",
          host,
          plight,
        ) + blocked
      );
    case "refusedCannotSave":
      return (
        t(
          "Lifeline: {0} {1} and was not restarted: no snapshot could be saved first. Free some disk space; if it does not answer, choose Reload Window.",
          host,
          plight,
        ) + blocked
      );
    case "refusedIdentity":
      return (
        t(
          "Lifeline: {0} {1} and was not restarted: its process could not be identified beyond doubt. If it does not answer, choose Reload Window.",
          host,
          plight,
        ) + blocked
      );
    case "notVerified":
      return (
        t(
          "Lifeline: {0} {1} and was restarted, but no new one reported back in time. If the window does not answer, choose Reload Window.",
          host,
          plight,
        ) + blocked
      );
    case "ask":
      return t("Lifeline: {0} was found frozen ({1}). A snapshot is saved. Restart it now?", host, verdict) + blocked;
    case "observed":
      return (
        t(
          "Lifeline: {0} was frozen for {1} ({2}). Nothing was restarted, because Lifeline is set to observe only.",
          host,
          duration(incident ? frozenMs(incident) : 0, t),
          verdict,
        ) + blocked
      );
    case "stopped":
      return t("Lifeline: {0} was stopped by a signal or held by a debugger. Nothing was restarted.", host);
    case "cannotSave":
      return t(
        "Lifeline cannot save snapshots, so it will not restart anything. Free some disk space or check the folder's permissions; Show Status says more.",
      );
    default:
      return undefined;
  }
}

/** Why the daemon could not be started, with the next step. */
export function startFailureSentence(failure: StartFailure, t: Translate): string {
  const own = "bundled" in failure && failure.bundled;
  switch (failure.kind) {
    case "missing":
      return own
        ? t(
            "Lifeline's program is missing ({0}). Install the Lifeline extension again for this platform.",
            failure.path,
          )
        : t(
            "The program in the setting lifeline.server.path does not exist ({0}). Correct the setting, or leave it empty.",
            failure.path,
          );
    case "notExecutable":
      return own
        ? t(
            "Lifeline's program cannot be executed ({0}). Make it executable, or install the extension again.",
            failure.path,
          )
        : t(
            "The program in the setting lifeline.server.path cannot be executed ({0}). Make it executable, or leave the setting empty.",
            failure.path,
          );
    case "failed":
      return failure.stderr !== ""
        ? t("Lifeline's daemon did not start: {0}", failure.stderr)
        : t("Lifeline's daemon did not start ({0}). Show Log says more.", failure.exit);
    case "slow":
      return t(
        "Lifeline's daemon was not ready after {0}. The machine may be overloaded; Lifeline keeps trying.",
        duration(failure.afterMs, t),
      );
  }
}

/** Why there is no connection, with the next step. */
export function problemSentence(problem: LinkProblem, t: Translate): string {
  switch (problem.kind) {
    case "start":
      return startFailureSentence(problem.failure, t);
    case "unreachable":
      return t("Lifeline's daemon cannot be reached: {0}. Lifeline keeps trying.", problem.reason);
    case "refused":
      return t("Lifeline's daemon refused the connection: {0}", problem.message);
  }
}
