// Rounds of the zoo, counted by kind: how many, how many of them ended, and in what time.
import { KINDS } from "./kinds.mjs";

/** @typedef {import('./round.mjs').Round} Round */

/** @param {Round[]} rounds */
export function tally(rounds) {
  const specimens = rounds.flatMap((round) => round.specimens);
  const rows = Object.entries(KINDS).flatMap(([kind, { fate, story }]) => {
    const its = specimens.filter((specimen) => specimen.kind === kind);
    if (its.length === 0) return [];
    const ended = its.filter(({ endedAt }) => endedAt);
    const times = ended
      .flatMap(({ leakedAt, endedAt }) => (leakedAt && endedAt ? [endedAt - leakedAt] : []))
      .sort((a, b) => a - b);
    return {
      ...{ kind, story, fate, count: its.length, ended: ended.length, kept: its.length - ended.length },
      wrong: its.filter(({ wrong }) => wrong.length > 0).length,
      medianMs: times.length > 0 ? times[Math.floor((times.length - 1) / 2)] : null,
      longestMs: times.at(-1) ?? null,
    };
  });
  const reuses = rounds.flatMap((round) => round.reuses);
  const taken = (/** @type {string} */ how) => reuses.filter((reuse) => reuse.taken && reuse.how === how).length;
  return {
    rows,
    rounds: rounds.length,
    specimens: specimens.length,
    fewest: rounds.length > 0 ? Math.min(...rounds.map((round) => round.specimens.length)) : 0,
    ended: specimens.filter(({ endedAt }) => endedAt).length,
    wrong: rounds.reduce((sum, round) => sum + round.wrong.length, 0),
    reusedBeforeSignal: taken("judged"),
    reusedAfterTerm: taken("told"),
    reusedOwners: taken("owner"),
    refused: rounds.reduce((sum, round) => sum + round.refused, 0),
    looks: rounds.reduce((sum, round) => sum + Object.values(round.looks).reduce((a, b) => a + b, 0), 0),
    givenBackBytes: rounds.reduce((sum, round) => sum + round.givenBackBytes, 0),
  };
}

/** The result for a terminal. @param {ReturnType<typeof tally>} sums */
export function table(sums) {
  const seconds = (/** @type {number | null} */ ms) => (ms === null ? "" : `${(ms / 1000).toFixed(0)} s`);
  const expected = { ended: "ended", kept: "kept", young: "kept while young", leaves: "gone" };
  const head = ["kind", "n", "expected", "ended", "kept", "wrong", "median", "longest", "what it is"];
  const lines = sums.rows.map(({ kind, story, fate, count, ended, kept, wrong, medianMs, longestMs }) => [
    ...[kind, String(count), expected[fate], String(ended), String(kept), String(wrong)],
    ...[seconds(medianMs), seconds(longestMs), story],
  ]);
  const all = (/** @type {'count' | 'ended' | 'kept' | 'wrong'} */ what) =>
    String(sums.rows.reduce((sum, row) => sum + row[what], 0));
  lines.push(["all", all("count"), "", all("ended"), all("kept"), all("wrong"), "", "", ""]);
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column].length)));
  const isText = (/** @type {number} */ column) => [0, 2, 8].includes(column);
  const print = (/** @type {string[]} */ cells) =>
    cells
      .map((text, column) => (isText(column) ? text.padEnd(widths[column]) : text.padStart(widths[column])))
      .join("  ")
      .trimEnd();
  return [
    "What became of whom, and how long after nobody needed it any more:",
    "",
    print(head),
    ...lines.map(print),
    "",
    `rounds: ${sums.rounds}, each with ${sums.fewest} specimens or more; looks: ${sums.looks}`,
    `pids used again: ${sums.reusedOwners} of killed owners, ${sums.reusedBeforeSignal} between the judgement and the signal (which was held back at the last instant: ${sums.refused}), ${sums.reusedAfterTerm} between SIGTERM and SIGKILL`,
    `memory given back: ${(sums.givenBackBytes / 1e9).toFixed(1)} GB`,
    `wrong: ${sums.wrong} (goal: 0)`,
  ].join("\n");
}

/** What went wrong, for whoever mends it. @param {Round[]} rounds */
export function failures(rounds) {
  const lines = rounds.flatMap(({ seed, wrong }) => wrong.map(({ of, what }) => `  seed ${seed}, ${of}: ${what}`));
  return lines.join("\n");
}
