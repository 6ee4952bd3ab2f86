// Every sentence the user reads, from a code and its figures: what happened, what Lifeline did or refused to do, the next step.
import type { Incident, Notice, Preserved } from "../generated/protocol";
import type { LinkProblem } from "../wire/link";
import { duration, list, measured, type Translate } from "./format";
import type { StartFailure } from "./start-failure";

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

/** One sentence (or two) for an incident that ended. Also the title of its details. */
export function incidentSentence(incident: Incident, t: Translate): string {
  const verdict = verdictWords(incident.verdict, t);
  switch (incident.outcome) {
    case "recovered":
      return recoveredSentence(incident, t);
    case "cameBack":
      return t(
        "Lifeline: this window's extension host was frozen for {0} ({1}) and came back by itself. Nothing was restarted.",
        duration(incident.endedAfterMs ?? frozenMs(incident), t),
        verdict,
      );
    case "crashRecovered": {
      const took = recoveryMs(incident);
      return took === undefined
        ? t(
            "Lifeline: this window's extension host crashed and VS Code brought it back{0}.",
            preservedClause(incident, t),
          )
        : t(
            "Lifeline: this window's extension host crashed. VS Code brought it back in {0}{1}.",
            duration(took, t),
            preservedClause(incident, t),
          );
    }
    case "notVerified":
      return codeSentence("notVerified", incident, t) as string;
    case "refused": {
      const known = incident.reason ? codeSentence(incident.reason, incident, t) : undefined;
      return known ?? t("Lifeline: this window's extension host was frozen ({0}). Nothing was restarted.", verdict);
    }
    default:
      return t(
        "Lifeline: this window's extension host has been frozen for {0} ({1}).",
        duration(frozenMs(incident), t),
        verdict,
      );
  }
}

function recoveredSentence(incident: Incident, t: Translate): string {
  const took = duration(recoveryMs(incident) ?? 0, t);
  const kept = preservedClause(incident, t);
  if (incident.cause === "drill") {
    return t(
      "Lifeline drill passed: the freeze was recognised after {0}, acted upon after {1}, and a new extension host was attached {2} later{3}.",
      measured(incident.verdictAfterMs ?? frozenMs(incident), t),
      measured(frozenMs(incident), t),
      measured(recoveryMs(incident) ?? 0, t),
      kept,
    );
  }
  if (incident.cause === "requested") return t("Lifeline: the extension host was restarted in {0}{1}.", took, kept);
  return t(
    "Lifeline: this window's extension host was frozen for {0} ({1}). It was restarted in {2}{3}.",
    duration(frozenMs(incident), t),
    verdictWords(incident.verdict, t),
    took,
    kept,
  );
}

/** The sentence for a code of the daemon; undefined when the code is not known here. */
function codeSentence(code: string, incident: Incident | null, t: Translate): string | undefined {
  const frozen = duration(incident ? frozenMs(incident) : 0, t);
  const verdict = incident ? verdictWords(incident.verdict, t) : "";
  switch (code) {
    // A frozen host shows nothing: when one of these is read in the window, a host answers again. Hence the past tense.
    case "refusedBudget":
      return t(
        "Lifeline: this window's extension host froze again ({0}) and was not restarted: after two exits within 5 minutes VS Code stops bringing it back. What was open is saved. If the window does not answer, choose Reload Window.",
        verdict,
      );
    case "refusedUnsaved":
      return t(
        "Lifeline: this window's extension host was frozen ({0}) and was not restarted: unsaved changes in a custom editor or notebook, or a debug session, would have been lost. If it does not answer, choose Restart Now.",
        verdict,
      );
    case "refusedCannotSave":
      return t(
        "Lifeline: this window's extension host was frozen ({0}) and was not restarted: no snapshot could be saved first. Free some disk space; if it does not answer, choose Reload Window.",
        verdict,
      );
    case "refusedIdentity":
      return t(
        "Lifeline: this window's extension host was frozen ({0}) and was not restarted: its process could not be identified beyond doubt. If it does not answer, choose Reload Window.",
        verdict,
      );
    case "notVerified":
      return t(
        "Lifeline: this window's extension host was frozen ({0}) and was restarted, but no new one reported back in time. If the window does not answer, choose Reload Window.",
        verdict,
      );
    case "ask":
      return t(
        "Lifeline: this window's extension host was found frozen ({0}). A snapshot is saved. Restart it now?",
        verdict,
      );
    case "observed":
      return t(
        "Lifeline: this window's extension host was frozen for {0} ({1}). Nothing was restarted, because Lifeline is set to observe only.",
        frozen,
        verdict,
      );
    case "stopped":
      return t(
        "Lifeline: this window's extension host was stopped by a signal or held by a debugger. Nothing was restarted.",
      );
    case "cannotSave":
      return t(
        "Lifeline cannot save snapshots, so it will not restart anything. Free some disk space or check the folder's permissions; Show Status says more.",
      );
    default:
      return undefined;
  }
}

/** The sentence for a notice. A code that is newer than this extension comes with its own English. */
export function noticeSentence(notice: Notice, t: Translate): string {
  const { code, incident } = notice;
  if ((code === "recovered" || code === "cameBack" || code === "crashRecovered") && incident) {
    return incidentSentence({ ...incident, outcome: code }, t);
  }
  return codeSentence(code, incident ?? null, t) ?? notice.text;
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
