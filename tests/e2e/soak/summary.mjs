// A soak in words: false kills, missed freezes, times, and what everything was called.

/** @typedef {import('./soak.mjs').Soaked} Soaked */

/** Whether nothing went wrong. @param {Soaked} soaked */
export const isFine = ({ freezes, falseKills }) => falseKills.length === 0 && freezes.every(({ missed }) => !missed);

/** @param {Soaked} soaked */
export function summary({ seed, minutes, freezes, disturbances, falseKills }) {
  const missed = freezes.filter((freeze) => freeze.missed);
  const misnamed = freezes.filter((freeze) => !freeze.missed && !freeze.right);
  const detected = freezes.flatMap(({ detectedMs }) => (detectedMs === null ? [] : [detectedMs]));
  const recovered = freezes.flatMap(({ recoveredMs }) => (recoveredMs === null ? [] : [recoveredMs]));
  return [
    `${minutes} min with seed ${seed}: ${disturbances.length} disturbances, ${freezes.length} freezes`,
    "",
    `false kills:    ${falseKills.length} (goal: 0)`,
    ...falseKills.map(
      ({ pid, verdict, evidence, during }) =>
        `  host ${pid} as ${verdict}, on the evidence ${JSON.stringify(evidence)}, during ${during.join("; ") || "nothing"}`,
    ),
    `missed freezes: ${missed.length} (goal: 0)`,
    ...missed.map(({ name, seat, pid }) => `  ${name} of host ${pid} in ${seat}`),
    `misnamed:       ${misnamed.length}`,
    ...misnamed.map(({ name, seat, pid, killedAs }) => `  ${name} of host ${pid} in ${seat} was ended as ${killedAs}`),
    `freeze → verdict:   ${times(detected)}`,
    `freeze → recovered: ${times(recovered)}`,
    "",
    "freezes, the first verdict and what they were ended as:",
    ...grouped(freezes, ({ first, killedAs }) => [`${first} → ${killedAs ?? "not ended"}`]),
    "",
    "disturbances, and what the undisturbed rest of the hosts and the disturbed ones were called meanwhile:",
    ...grouped(disturbances, ({ seen }) => seen),
  ].join("\n");
}

/** @param {number[]} all ms */
function times(all) {
  if (all.length === 0) return "–";
  const sorted = all.toSorted((a, b) => a - b);
  const seconds = (/** @type {number} */ ms) => `${(ms / 1000).toFixed(1)} s`;
  return `median ${seconds(sorted[Math.floor((sorted.length - 1) / 2)])}, longest ${seconds(sorted[sorted.length - 1])}`;
}

/** One line for each name, with how often each word was said. @template {{name: string}} Item @param {Item[]} items @param {(item: Item) => string[]} words */
function grouped(items, words) {
  return [...new Set(items.map(({ name }) => name))].sort().map((name) => {
    const its = items.filter((item) => item.name === name);
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const word of its.flatMap(words)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const said = [...counts].sort(([, a], [, b]) => b - a).map(([word, count]) => `${word} ${count}×`);
    return `  ${name.padEnd(13)} ${String(its.length).padStart(3)}   ${said.join(", ")}`;
  });
}
