// `npm run matrix -- --runs N`: every case N times; prints the confusion matrix, writes every trial to the artifacts.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { ensureAptPackages } from "../../../scripts/lib/system.mjs";
import { prepare } from "../harness/lifeline.mjs";
import { enterNamespace } from "../harness/namespace.mjs";
import { CASES, PACKAGES } from "./cases.mjs";
import { round, SEATS } from "./round.mjs";
import { Stand } from "./stand.mjs";
import { explain, table, tally, WRONG_AT_MOST } from "./tally.mjs";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "1" }, cases: { type: "string", default: "" } },
});
const runs = Number(values.runs);
const only = values.cases.split(",").filter(Boolean);
const unknown = only.filter((name) => !CASES.some((one) => one.name === name));
if (!Number.isInteger(runs) || runs < 1 || unknown.length > 0) {
  console.error(`usage: npm run matrix -- [--runs N] [--cases ${CASES.map(({ name }) => name).join(",")}]`);
  process.exit(2);
}

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => {
    await ensureAptPackages(PACKAGES);
    return prepare();
  },
});

for (const { name, unavailable } of CASES) {
  const why = unavailable?.();
  if (why) console.log(`${name} is left out: ${why}`);
}
const stand = await Stand.start(inside, { seats: SEATS });
const file = path.join(process.env.LIFELINE_E2E_ARTIFACTS ?? ".", "matrix.json");
/** @type {import('./trial.mjs').Trial[]} */
const trials = [];
try {
  for (let number = 0; number < runs; number++) {
    console.log(`round ${number + 1} of ${runs}`);
    const done = (/** @type {import('./trial.mjs').Trial} */ trial) => {
      trials.push(trial);
      const time = trial.toVerdictMs === null ? "" : ` after ${(trial.toVerdictMs / 1000).toFixed(1)} s`;
      console.log(`  ${trial.case}: ${trial.first}${time}${trial.wrong.map((what) => `; WRONG: ${what}`).join("")}`);
    };
    await round(stand, { number, thorough: true, only, done });
  }
} finally {
  const sums = tally(trials);
  const wrong = trials.filter((trial) => trial.wrong.length > 0);
  if (wrong.length > 0) console.log(`\nWhat was wrong:\n${wrong.map(explain).join("\n")}`);
  console.log(`\n${table(sums)}`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ ...sums, trials: undefined, all: trials }, null, 1));
  console.log(`every trial: ${path.relative(process.cwd(), file)}`);
  await stand.stop();
  if (sums.forbiddenKills > 0 || sums.wrong > WRONG_AT_MOST * sums.trials) process.exitCode = 1;
}
