// The keeper's book: which process is a specimen of what, when it became a leak, when it ended, and how Lifeline judged it.
import { readFileSync } from "node:fs";
import { KINDS } from "./kinds.mjs";

/** How often it is looked whether all are there: the kernel tells nobody. */
const WATCH_MS = 100;
/** The session stands far behind: the CLI lies in a deep folder. */
const COMMAND_CHARS = 500;

/**
 * @typedef {object} Specimen
 * @property {string} kind a key of `KINDS` @property {string} id `pid@start`, as Lifeline names a process @property {number} pid
 * @property {number} startTicks @property {string} command for people
 * @property {number} startedAt @property {number | null} leakedAt when nobody needed it any more @property {number | null} endedAt all in ms since 1970
 * @property {string[]} grades each that it was given, in turn @property {string[]} why of the last one
 * @property {string[]} wrong
 */

export class Book {
  /** @type {Specimen[]} */
  specimens = [];
  /** Told of each that ends, at once. @type {(specimen: Specimen) => void} */
  ended = () => {};

  constructor() {
    this.timer = setInterval(() => this.#watch(), WATCH_MS);
  }

  /** @param {string} kind @param {...number} pids */
  add(kind, ...pids) {
    const added = pids.map((pid) => specimen(kind, pid));
    this.specimens.push(...added);
    return added;
  }

  /** Nobody needs these any more. @param {Specimen[]} specimens */
  leaked(specimens) {
    for (const specimen of specimens) specimen.leakedAt = Date.now();
  }

  /** @param {any} report Lifeline's, of all processes */
  judged(report) {
    const byId = new Map(this.specimens.map((specimen) => [specimen.id, specimen]));
    for (const { id, grade, why, doubts } of report.processes) {
      const specimen = byId.get(id);
      if (!specimen) continue;
      if (specimen.grades.at(-1) !== grade) specimen.grades.push(grade);
      specimen.why = [...why, ...doubts.map((/** @type {string} */ doubt) => `but: ${doubt}`)];
      const isKept = fateOf(specimen) === "kept" || (fateOf(specimen) === "young" && ageMs(specimen) < YOUNG_MS);
      if (isKept && grade === "certain") wrong(specimen, `it was certain: ${specimen.why.join("; ")}`);
    }
  }

  /** Those that are to end and have not. */
  left() {
    return this.specimens.filter((specimen) => ["ended", "leaves"].includes(fateOf(specimen)) && !specimen.endedAt);
  }

  /**
   * At the end: what became of each, and whether that was right.
   * @param {Set<string>} told whom Lifeline has told to end
   */
  close(told) {
    this.#watch();
    this.stop();
    for (const specimen of this.specimens) {
      const { id, endedAt } = specimen;
      const fate = fateOf(specimen);
      const mayBeTold = fate === "ended" || fate === "leaves" || (fate === "young" && ageMs(specimen) >= YOUNG_MS);
      if (!mayBeTold && endedAt) wrong(specimen, "it has ended");
      if (!mayBeTold && told.has(id)) wrong(specimen, "Lifeline has told it to end");
      if (fate === "ended" && endedAt && !told.has(id)) wrong(specimen, "it has ended, but not by Lifeline");
      if ((fate === "ended" || fate === "leaves") && !endedAt)
        wrong(specimen, `it is still there: ${specimen.why.join("; ")}`);
    }
  }

  stop() {
    clearInterval(this.timer);
  }

  #watch() {
    for (const specimen of this.specimens) {
      if (specimen.endedAt || statOf(specimen.pid)?.startTicks === specimen.startTicks) continue;
      specimen.endedAt = Date.now();
      this.ended(specimen);
    }
  }
}

/** @param {string} kind @param {number} pid @returns {Specimen} */
function specimen(kind, pid) {
  const facts = statOf(pid);
  if (!facts || !KINDS[kind]) throw new Error(`there is no process ${pid} for the kind ${kind}`);
  const { startTicks } = facts;
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim().slice(0, COMMAND_CHARS);
  const times = { startedAt: startedAt(startTicks), leakedAt: null, endedAt: null };
  return { kind, id: `${pid}@${startTicks}`, pid, startTicks, command, ...times, grades: [], why: [], wrong: [] };
}

/** A process younger than this is never a candidate. */
const YOUNG_MS = 60_000;

/** @param {Specimen} specimen */
export const fateOf = ({ kind }) => KINDS[kind].fate;

/** How old it is, or was when it ended. @param {Specimen} specimen */
const ageMs = ({ startedAt, endedAt }) => (endedAt ?? Date.now()) - startedAt;

/** @param {Specimen} specimen @param {string} what */
function wrong(specimen, what) {
  if (!specimen.wrong.includes(what)) specimen.wrong.push(what);
}

/** Whether the process is there; one that has exited, and that nobody has waited for, is not. @param {number} pid */
export function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : { startTicks: Number(fields[19]) };
  } catch {
    return null;
  }
}

/** The kernel's clock for starts has 100 ticks a second on every machine that VS Code runs on. @param {number} startTicks */
function startedAt(startTicks) {
  const upMs = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
  return Date.now() - upMs + startTicks * 10;
}
