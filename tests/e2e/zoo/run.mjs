// `npm run zoo -- --runs N [--parallel P] [--seed S]`: N rounds, each in its own namespace; prints what became of whom, writes every round to the artifacts.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SetUpError } from "../../../scripts/lib/cache.mjs";
import { main } from "../../../scripts/lib/main.mjs";
import { prepare } from "./round.mjs";
import { failures, table, tally } from "./tally.mjs";

const ONE = fileURLToPath(new URL("one.mjs", import.meta.url));
const ARTIFACTS = process.env.LIFELINE_E2E_ARTIFACTS ?? fileURLToPath(new URL("../../artifacts", import.meta.url));

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1" },
    parallel: { type: "string", default: "1" },
    seed: { type: "string" },
  },
});
const [runs, parallel] = [Number(values.runs), Number(values.parallel)];
const first = Number(values.seed ?? Math.floor(Math.random() * 1e6));
if (![runs, parallel, first].every(Number.isInteger) || runs < 1 || parallel < 1 || first < 0) {
  console.error("usage: npm run zoo -- [--runs N] [--parallel P] [--seed S]");
  process.exit(2);
}

/** @typedef {import('./round.mjs').Round} Round */

/** @type {Round[]} */
const rounds = [];
/** Rounds that did not come to their end. @type {{seed: number, why: string}[]} */
const broken = [];

main(async () => {
  // Once, before several want it at the same time.
  const { cli } = await prepare();
  if (cli.reason)
    throw new SetUpError(`The zoo needs the real CLI: ${cli.reason}`, "see to it that npm can download it.");
  console.log(
    `seeds ${first} to ${first + runs - 1}: --seed S --runs 1 draws a round again; how it goes depends on the machine`,
  );
  const folder = await mkdtemp(path.join(os.tmpdir(), "zoo-"));
  try {
    let next = first;
    const keeper = async () => {
      while (next < first + runs) await one(next++, folder);
    };
    await Promise.all(Array.from({ length: parallel }, keeper));
  } finally {
    await rm(folder, { recursive: true });
  }
  const sums = tally(rounds);
  const file = path.join(ARTIFACTS, "zoo.json");
  await mkdir(ARTIFACTS, { recursive: true });
  await writeFile(file, JSON.stringify({ ...sums, broken, rounds }, null, 1));
  const what = failures(rounds);
  if (what) console.log(`\nWhat was wrong:\n${what}`);
  console.log(`\n${table(sums)}`);
  if (broken.length > 0) console.log(`not brought to their end: ${broken.map(({ seed }) => seed).join(", ")}`);
  console.log(`every round: ${path.relative(process.cwd(), file)}`);
  if (sums.wrong > 0 || broken.length > 0) process.exitCode = 1;
});

/** @param {number} seed @param {string} folder for its result */
async function one(seed, folder) {
  const result = path.join(folder, `${seed}.json`);
  const child = spawn(process.execPath, [ONE, "--seed", String(seed), "--result", result], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (bytes) => {
    said = (said + bytes).slice(-4_000);
  });
  await new Promise((resolve) => child.once("close", resolve));
  const round = await readFile(result, "utf8").then(JSON.parse, () => null);
  if (!round) {
    const why = said.trim() || "it said nothing";
    broken.push({ seed, why });
    console.log(`seed ${seed}: not brought to its end: ${why}`);
    return;
  }
  rounds.push(round);
  const { specimens, seconds, wrong } = /** @type {Round} */ (round);
  const ended = specimens.filter(({ endedAt }) => endedAt).length;
  const words = wrong.map(({ of, what }) => `; WRONG: ${of}: ${what}`).join("");
  console.log(`seed ${seed}: ${specimens.length} specimens, ${ended} ended, in ${seconds} s${words}`);
}
