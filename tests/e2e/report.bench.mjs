// The report over 1.1 GB of transcripts, and a search for errors alone, beside reading and nothing else, ripgrep, DuckDB, ccusage and jq: time
// and memory. Each must have found what was written.
import { readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { ensurePeers } from "../../scripts/lib/peers.mjs";
import { buildExample, ROOT } from "../../scripts/lib/project.mjs";
import { ensureAptPackages } from "../../scripts/lib/system.mjs";
import { ensureCorpus } from "./harness/corpus.mjs";
import { measure } from "./harness/cpu.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

/** FACTS section 5. The goals are of this size. */
const BYTES = 1_100_000_000;
const QUICK_BYTES = 40_000_000;
/** Of each program; DuckDB needs seconds, and jq half a minute. */
const [RUNS, DUCKDB_RUNS, JQ_RUNS] = [5, 3, 1];
/** It takes so little time that what else the machine does for a moment weighs as much. */
const AGAIN_IN_A_ROW = 5;

const SEARCH_OF_READING_AT_MOST = 1.3;
const SEARCH_MB_AT_MOST = 10;
const REPORT_OF_CCUSAGE_AT_MOST = 1 / 3;
const AGAIN_MS_AT_MOST = 50;

/** Where an error's code or status stands, in all generations of records. */
const JQ = `reduce (inputs | select(.type == "system" and .subtype == "api_error")
  | .error.status // .cause.code // .error.cause.code // .error.connection.code // "unknown" | tostring) as $code ({}; .[$code] += 1)`;

const { values: asked } = parseArgs({ options: { quick: { type: "boolean" }, bytes: { type: "string" } } });
const bytes = Number(asked.bytes ?? (asked.quick ? QUICK_BYTES : BYTES));
if (!(bytes > 0)) throw new Error(`--bytes wants a number, not ${asked.bytes}`);

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => {
    await ensureAptPackages(["time"]);
    return {
      lifeline: path.join(ROOT, "extension", "bin", "lifeline"),
      search: await buildExample("lifeline-transcript", "errors"),
      corpus: await ensureCorpus(bytes),
      peers: await ensurePeers(),
    };
  },
});
const { root, runtimeDir, prepared } = inside;
const { truth, folder } = prepared.corpus;
const projects = path.join(folder, "projects");
const state = path.join(root, "report-state");

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {number} [runs] rounds; RUNS when not given
 * @property {number} [inARow] runs in each round; one when not given
 * @property {string} command
 * @property {string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {() => Promise<void>} [before] what is put in order before each run
 * @property {(stdout: string) => unknown} found
 * @property {unknown} truth what it must have found
 * @property {string} [remark] when it counts something else
 */
/** @typedef {Subject & {costs: import('./harness/cpu.mjs').Cost[]}} Measured */

const { corpus, errors } = truth;
const below = await readdir(projects, { recursive: true });
const files = below.filter((name) => name.endsWith(".jsonl")).map((name) => path.join(projects, name));
const load = os.loadavg()[0];
const subjects = [...ours(), ...theirs()];
await measure(prepared.search, [projects, "--read-only"], { file: path.join(root, "cost") });
await measureAll(subjects);
print();

/** @returns {Measured[]} */
function ours() {
  const report = {
    command: prepared.lifeline,
    args: ["report", "--format", "json", "--tz", "utc", "--projects", projects],
    env: { LIFELINE_STATE_DIR: state, LIFELINE_RUNTIME_DIR: path.join(runtimeDir, "lifeline") },
    found: (/** @type {string} */ stdout) => {
      const { corpus, errors } = JSON.parse(stdout);
      return [corpus.files, corpus.bytes, corpus.lines, errors.total, byCode(errors)];
    },
    truth: [corpus.files, corpus.bytes, corpus.lines, errors.total, byCode(errors)],
  };
  const search = { command: prepared.search, found: Number };
  return [
    { name: "read only", ...search, args: [projects, "--read-only"], truth: corpus.bytes },
    {
      name: "search for errors",
      ...search,
      args: [projects],
      truth: errors.total,
      remark: "The search counts no codes.",
    },
    { name: "lifeline report", ...report, before: () => rm(state, { recursive: true, force: true }) },
    { name: "the same again", inARow: AGAIN_IN_A_ROW, ...report },
  ].map((subject) => ({ ...subject, costs: [] }));
}

/** Those that could be had. @returns {Measured[]} */
function theirs() {
  const { ripgrep, ccusage, duckdb, jq } = prepared.peers;
  /** @type {Subject[]} */
  const subjects = [];
  if (ripgrep.file) {
    const args = ["--no-config", "--no-ignore", "--no-filename", "--count", "--fixed-strings", '"subtype":"api_error"'];
    const found = (/** @type {string} */ stdout) =>
      stdout
        .trim()
        .split("\n")
        .reduce((sum, count) => sum + Number(count), 0);
    const lines = errors.total + truth.decoys;
    const remark = `ripgrep counts lines: ${truth.decoys} more hold an error's fields further inside, and are none.`;
    subjects.push({ name: "ripgrep", command: ripgrep.file, args: [...args, projects], found, truth: lines, remark });
  }
  if (ccusage.file) {
    const args = ["claude", "daily", "--json", "--offline", "--timezone", "UTC"];
    const found = (/** @type {string} */ stdout) => JSON.parse(stdout).totals.totalTokens;
    const env = { CLAUDE_CONFIG_DIR: folder };
    const remark = `ccusage counts tokens: ${truth.tokens.toLocaleString("en")}.`;
    subjects.push({ name: "ccusage", command: ccusage.file, args, env, found, truth: truth.tokens, remark });
  }
  const codes = { found: JSON.parse, truth: byCode(errors) };
  if (duckdb.file) {
    const args = [path.join(ROOT, "tests", "e2e", "harness", "duckdb-errors.mjs"), duckdb.file, projects];
    subjects.push({ name: "DuckDB in Node", runs: DUCKDB_RUNS, command: process.execPath, args, ...codes });
  }
  if (jq.file) {
    subjects.push({ name: "jq", runs: JQ_RUNS, command: jq.file, args: ["-nc", JQ, ...files], ...codes });
  }
  return subjects.map((subject) => ({ ...subject, costs: [] }));
}

/** How many of each code, or status. @param {typeof truth.errors} errors @returns {Record<string, number>} */
function byCode({ byCode, byStatus }) {
  const counts = [
    ...byCode.map(({ code, count }) => [code, count]),
    ...byStatus.map(({ status, count }) => [status, count]),
  ];
  return Object.fromEntries(counts);
}

/** In rounds, so that what disturbs the machine disturbs all of them. @param {Measured[]} subjects */
async function measureAll(subjects) {
  for (let round = 0; round < RUNS; round++) {
    const turns = subjects.flatMap((subject) =>
      round < (subject.runs ?? RUNS) ? Array.from({ length: subject.inARow ?? 1 }, () => subject) : [],
    );
    for (const { name, command, args, env, before, found, truth, costs } of turns) {
      await before?.();
      const cost = await measure(command, args, { file: path.join(root, "cost"), env: { ...process.env, ...env } });
      const answer = found(cost.stdout);
      if (!isDeepStrictEqual(answer, truth)) {
        throw new Error(`${name} found ${JSON.stringify(answer)} where there is ${JSON.stringify(truth)}.`);
      }
      costs.push(cost);
    }
  }
}

function print() {
  const [files, lines] = [corpus.files, corpus.lines].map((count) => count.toLocaleString("en"));
  console.log(
    `\n${(corpus.bytes / 1e9).toFixed(2)} GB of transcripts in ${files} files, ${lines} records, ${errors.total} of them errors, ` +
      `all in the page cache. ${os.availableParallelism()} processors, load ${load.toFixed(1)} before. ` +
      "Times are bash's, memory is GNU time's.\n",
  );
  const rows = subjects.map(({ name, costs }) => ({ name, runs: costs.length, ...figures(costs) }));
  const medianMs = (/** @type {string} */ name) => rows.find((row) => row.name === name)?.wallMs ?? Number.NaN;
  const [reading, ccusage] = [medianMs("read only"), medianMs("ccusage")];
  console.log("                    runs      best    median  CPU median    peak  × read only  × ccusage");
  for (const { name, runs, bestMs, wallMs, cpuMs, peakBytes } of rows) {
    const times = `${ms(bestMs)} ${ms(wallMs)}   ${ms(cpuMs)} ${mb(peakBytes)}`;
    console.log(
      `${name.padEnd(18)} ${String(runs).padStart(5)} ${times} ${ratio(wallMs / reading)} ${ratio(wallMs / ccusage)}`,
    );
  }
  const remarks = subjects.flatMap(({ remark }) => remark ?? []);
  console.log(`\nEach found what was written: how many errors of which code. ${remarks.join(" ")}`);
  const peers = Object.entries(prepared.peers);
  const versions = peers.filter(([, { file }]) => file).map(([name, { version }]) => `${name} ${version}`);
  console.log(`Versions: ${versions.join(", ")}.`);
  for (const [name, { reason }] of peers) if (reason) console.log(`Left out: ${name}. ${reason}`);

  console.log(bytes < BYTES ? "\nThe goals are of 1.1 GB; of so small a corpus they say little:" : "");
  const search = rows.find(({ name }) => name === "search for errors")?.peakBytes ?? Number.NaN;
  goal("search for errors, × read only", medianMs("search for errors") / reading, SEARCH_OF_READING_AT_MOST);
  goal("search for errors, peak MB", search / 1e6, SEARCH_MB_AT_MOST);
  goal("report, × ccusage", medianMs("lifeline report") / ccusage, REPORT_OF_CCUSAGE_AT_MOST);
  goal("report again, ms", medianMs("the same again"), AGAIN_MS_AT_MOST);
}

/** Medians, but for the best time and the largest memory. @param {import('./harness/cpu.mjs').Cost[]} costs */
function figures(costs) {
  return {
    bestMs: Math.min(...costs.map((cost) => cost.wallMs)),
    wallMs: median(costs.map((cost) => cost.wallMs)),
    cpuMs: median(costs.map((cost) => cost.cpuMs)),
    peakBytes: Math.max(...costs.map((cost) => cost.peakBytes)),
  };
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
}

/** By the medians. @param {string} what @param {number} seen not a number when one of the programs was left out @param {number} atMost */
function goal(what, seen, atMost) {
  const verdict = Number.isNaN(seen) ? "not known" : `${seen.toFixed(2)}, ${seen <= atMost ? "met" : "MISSED"}`;
  console.log(`goal: ${what}, at most ${Number(atMost.toFixed(2))}: ${verdict}`);
}

/** @param {number} time */
function ms(time) {
  return `${time.toFixed(0)} ms`.padStart(9);
}

/** @param {number} bytes */
function mb(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`.padStart(9);
}

/** @param {number} value */
function ratio(value) {
  return (Number.isNaN(value) ? "–" : value.toFixed(2)).padStart(11);
}
