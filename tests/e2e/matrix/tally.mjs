// Many trials, counted: the confusion matrix, times, kills, and what went wrong.
import { CASES } from "./cases.mjs";

/** @typedef {import('./trial.mjs').Trial} Trial */

/** Columns, in DESIGN.md's order; "nothing" where no look came back. */
const VERDICTS = [
  "healthy",
  "late",
  "deadlock",
  "onChild",
  "spinning",
  "gcThrash",
  "starved",
  "ioStuck",
  "stopped",
  "traced",
  "suspended",
  "gone",
  "nothing",
];

/** The issue's goals. */
export const WRONG_AT_MOST = 0.01;
const VERDICT_WITHIN_MS = 5_000;

/** @param {Trial[]} trials */
export function tally(trials) {
  const rows = CASES.map((one) => {
    const its = trials.filter((trial) => trial.case === one.name);
    const times = its.flatMap(({ toVerdictMs }) => (toVerdictMs === null ? [] : [toVerdictMs])).sort((a, b) => a - b);
    const kills = its.flatMap((trial) => trial.kills.map((verdict) => ({ verdict, allowed: isAllowed(one, verdict) })));
    return {
      case: one.name,
      story: one.story,
      trials: its.length,
      wrong: its.filter((trial) => trial.wrong.length > 0).length,
      crowded: its.filter((trial) => trial.crowded).length,
      first: count(its.map((trial) => trial.first)),
      final: count(its.map((trial) => trial.final)),
      kills: {
        allowed: kills.filter((kill) => kill.allowed).length,
        forbidden: kills.filter((kill) => !kill.allowed).length,
      },
      medianMs: times.length > 0 ? times[Math.floor((times.length - 1) / 2)] : null,
      longestMs: times.at(-1) ?? null,
    };
  }).filter((row) => row.trials > 0);
  const sum = (/** @type {(row: (typeof rows)[number]) => number} */ of) => rows.reduce((all, row) => all + of(row), 0);
  const longest = Math.max(0, ...rows.map(({ longestMs }) => longestMs ?? 0));
  return {
    rows,
    trials: sum((row) => row.trials),
    wrong: sum((row) => row.wrong),
    crowded: sum((row) => row.crowded),
    forbiddenKills: sum((row) => row.kills.forbidden),
    longestMs: longest,
    inTime: longest <= VERDICT_WITHIN_MS,
  };
}

/** @param {import('./cases.mjs').Case} one @param {string} verdict */
const isAllowed = (one, verdict) => one.mayEnd && one.right.includes(verdict);

/** The confusion matrix for a terminal. @param {ReturnType<typeof tally>} sums */
export function table({ rows, trials, wrong, crowded, forbiddenKills, longestMs, inTime }) {
  const seen = VERDICTS.filter((verdict) => rows.some((row) => row.first[verdict] || row.final[verdict]));
  const head = ["injected", "n", ...seen, "wrong", "kills", "forbidden", "median", "longest"];
  const cell = (/** @type {number | undefined} */ first, /** @type {number | undefined} */ final) =>
    first || final ? `${first ?? 0}/${final ?? 0}` : "·";
  const seconds = (/** @type {number | null} */ ms) => (ms === null ? "" : `${(ms / 1000).toFixed(1)} s`);
  const lines = rows.map((row) => [
    row.case,
    String(row.trials),
    ...seen.map((verdict) => cell(row.first[verdict], row.final[verdict])),
    String(row.wrong),
    String(row.kills.allowed),
    String(row.kills.forbidden),
    seconds(row.medianMs),
    seconds(row.longestMs),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column].length)));
  const print = (/** @type {string[]} */ cells) =>
    cells.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]))).join("  ");
  return [
    "Verdicts, first/final, by what was injected:",
    "",
    print(head),
    ...lines.map(print),
    "",
    `right: ${(100 * (1 - wrong / Math.max(1, trials))).toFixed(1)} % of ${trials} trials (goal: 99 %)`,
    `trials on a crowded machine, in which "starved" counts as undecided: ${crowded}`,
    `forbidden kills: ${forbiddenKills} (goal: 0)`,
    `longest time to a verdict: ${seconds(longestMs)} (goal: 5 s, ${inTime ? "met" : "MISSED"})`,
  ].join("\n");
}

/** What went wrong in a trial, with the evidence, for whoever mends the rules. @param {Trial} trial */
export function explain(trial) {
  const head = `${trial.case} (${trial.seat}, host ${trial.pid}, ${trial.startedAt}, CPU pressure before: ${trial.cpuPressure} %, heap ${trial.heapPercent} % and RSS ${trial.rssPercent} % of the limit): ${trial.wrong.join("; ")}`;
  const steps = trial.history.map(
    ({ afterMs, forMs, verdict, phase, evidence }) =>
      `    ${(afterMs / 1000).toFixed(1)} s, for ${(forMs / 1000).toFixed(1)} s: ${verdict}, ${phase}${evidence.map((text) => `\n        ${text}`).join("")}`,
  );
  return [head, ...steps].join("\n");
}

/** @param {string[]} words @returns {Record<string, number>} */
function count(words) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
