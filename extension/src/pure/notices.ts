// The sentence for each notice of the daemon. Where the figures are known here it is said in our words, else in the daemon's English.
import type { Notice } from "../generated/protocol";
import { duration, type Translate } from "./format";
import { heapWords, memoryLeft, memoryOf, timeToLimit } from "./memory";
import { codeSentence, incidentSentence, verdictWords } from "./sentences";
import { hostWords, type Subject, type Surroundings, subjectOfNotice } from "./surroundings";

/** Notices whose figures stand in the status: it is worth asking for before they are put into words. */
const SAYS_FIGURES = new Set([
  "memoryHigh",
  "memoryCritical",
  "machineMemory",
  "refreshOffered",
  "unclear",
  "unguarded",
]);

/** Whether the newest status makes a better sentence. */
export function wantsStatus(notice: Notice): boolean {
  return SAYS_FIGURES.has(notice.code);
}

/** The sentence for a notice. A code that is newer than this extension comes with its own English. */
export function noticeSentence(notice: Notice, here: Surroundings, t: Translate): string {
  const { code } = notice;
  const incident = notice.incident ?? undefined;
  if ((code === "recovered" || code === "cameBack" || code === "crashRecovered") && incident) {
    return incidentSentence({ ...incident, outcome: code }, here, t);
  }
  const subject = subjectOfNotice(notice, here);
  const known = figuresSentence(notice, subject, here, t) ?? codeSentence(code, incident, subject, t);
  return known ?? named(notice.text);
}

/** The daemon does not begin with its name: on the desktop it stands in the title. */
function named(text: string): string {
  return text.startsWith("Lifeline") ? text : `Lifeline: ${text}`;
}

function figuresSentence(notice: Notice, subject: Subject, here: Surroundings, t: Translate): string | undefined {
  switch (notice.code) {
    case "memoryHigh":
      return memoryHigh(subject, t);
    case "memoryCritical":
      return memoryCritical(subject, t);
    case "machineMemory":
      return machineMemory(here, t);
    case "refreshOffered":
      return refreshOffered(subject, t);
    case "unclear":
      return unclear(notice, subject, t);
    case "unguarded":
      return unguarded(subject, t);
    default:
      return undefined;
  }
}

/** `3.4 of 4.3 GB (78 %)`, while it is as full as the notice says. */
function fullHeap({ status }: Subject, t: Translate): string | undefined {
  const memory = memoryOf(status);
  return status && memory && memory.level !== "normal" ? heapWords(status, t) : undefined;
}

function memoryHigh(subject: Subject, t: Translate): string | undefined {
  const heap = fullHeap(subject, t);
  const memory = memoryOf(subject.status);
  if (heap === undefined || !memory) return undefined;
  const left = timeToLimit(memory, t);
  const host = hostWords(subject, t);
  return left === undefined
    ? t("Lifeline: {0} uses {1} of its memory. A restart frees it; what is open is preserved.", host, heap)
    : t(
        "Lifeline: {0} uses {1} of its memory and at this rate is full in {2}. A restart frees it; what is open is preserved.",
        host,
        heap,
        left,
      );
}

/** Told only when nothing is done about it. Why is known here when it is the mode; the daemon's own sentence knows the rest. */
function memoryCritical(subject: Subject, t: Translate): string | undefined {
  const heap = fullHeap(subject, t);
  if (heap === undefined || !subject.status || subject.status.mode === "automatic") return undefined;
  return t(
    "Lifeline: {0} uses {1} of its memory and will soon end. Nothing is restarted, because Lifeline is set not to do so by itself. Save your work and choose Restart Now.",
    hostWords(subject, t),
    heap,
  );
}

function machineMemory({ machine }: Surroundings, t: Translate): string | undefined {
  const left = memoryLeft(machine, t);
  if (left === undefined || !machine || machine.memoryLevel === "normal") return undefined;
  return machine.memoryIsLimited
    ? t(
        "Lifeline: this container has {0} of its memory left. When it runs out, the system ends extension hosts and Claude Code without a warning. Close what you do not need.",
        left,
      )
    : t(
        "Lifeline: this machine has {0} of its memory left. When it runs out, the system ends extension hosts and Claude Code without a warning. Close what you do not need.",
        left,
      );
}

function refreshOffered(subject: Subject, t: Translate): string | undefined {
  const { status } = subject;
  const host = hostWords(subject, t);
  if (status?.degraded) {
    return t(
      "Lifeline: {0} has become slow: {1}. A restart makes it fast again; what is open is preserved.",
      host,
      status.degraded,
    );
  }
  if (typeof status?.hostAgeMs !== "number") return undefined;
  return t(
    "Lifeline: {0} has run for {1}. A restart now and then keeps it fast; what is open is preserved.",
    host,
    duration(wholeMinutes(status.hostAgeMs), t),
  );
}

function unclear(notice: Notice, subject: Subject, t: Translate): string | undefined {
  const { incident } = notice;
  const { status } = subject;
  const host = hostWords(subject, t);
  // In its own window this is read when the host answers again, and what its status said then is over.
  const verdict = incident?.verdict ?? (subject.own ? undefined : status?.verdict);
  const silentMs = subject.own ? undefined : status?.silentMs;
  if (verdict === undefined) return undefined;
  return typeof silentMs === "number"
    ? t(
        "Lifeline: {0} has not answered for {1} ({2}). The reason is not certain, so nothing was restarted. If it does not come back, choose Restart Now.",
        host,
        duration(silentMs, t),
        verdictWords(verdict, t),
      )
    : t(
        "Lifeline: {0} did not answer for long ({1}). The reason was not certain, so nothing was restarted. If it does not answer, choose Restart Now.",
        host,
        verdictWords(verdict, t),
      );
}

function unguarded(subject: Subject, t: Translate): string | undefined {
  const { status } = subject;
  if (!status || subject.own) return undefined;
  const host = hostWords(subject, t);
  const next = t(
    "Lifeline does not run in that window, so it does nothing to it: choose Developer: Reload Window there, and enable Lifeline.",
  );
  const what =
    typeof status.silentMs === "number"
      ? t("Lifeline: {0} has not answered for {1}.", host, duration(status.silentMs, t))
      : t("Lifeline: {0} does not answer.", host);
  return `${what} ${next}`;
}

function wholeMinutes(ms: number): number {
  return Math.round(ms / 60_000) * 60_000;
}
