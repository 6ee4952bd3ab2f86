// Looking at 2,000 processes, among them 49 sessions of Claude Code and their MCP servers, and judging as many: what it costs, beside
// `pgrep -f claude`, which sees less.
import { execFile, spawn } from "node:child_process";
import { chmod, copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { cargo, ROOT } from "../../scripts/lib/project.mjs";
import { ensureAptPackages } from "../../scripts/lib/system.mjs";
import { cpuNs } from "./harness/cpu.mjs";
import { whenExists } from "./harness/events.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

const run = promisify(execFile);

/** As one user reported them. */
const SESSIONS = 49;
const SERVERS_EACH = 2;
const PROCESSES = 2000;
const LOOKS = 30;
/** For judging 2,000 processes, all of them of Claude Code. */
const MS_AT_MOST = 15;

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => {
    await ensureAptPackages(["procps"]);
    const judge = ["run", "--quiet", "--release", "--locked", "-p", "lifeline-core", "--example", "judge"];
    const { stdout } = await run(cargo(), judge, { cwd: ROOT });
    return { binary: path.join(ROOT, "extension", "bin", "lifeline"), judgeMs: Number(stdout) };
  },
});
const { root, prepared } = inside;
const env = {
  ...process.env,
  LIFELINE_RUNTIME_DIR: path.join(root, "run"),
  LIFELINE_STATE_DIR: path.join(root, "state"),
};
const started = await populate();
const daemon = spawn(prepared.binary, ["serve"], { env, stdio: "ignore" });
started.push(daemon);
try {
  await whenExists(path.join(root, "run", "lifeline.sock"), { atMostMs: 10_000 });
  const list = async () =>
    JSON.parse((await run(prepared.binary, ["orphans", "--all", "--format", "json"], { env })).stdout);
  // The first look remembers who is whose.
  const { processes } = await list();
  const kinds = (/** @type {string} */ kind) => processes.filter((/** @type {any} */ one) => one.kind === kind).length;
  const there = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).length;

  const before = await cpuNs(Number(daemon.pid));
  for (let look = 0; look < LOOKS; look++) await list();
  const ours = ((await cpuNs(Number(daemon.pid))) - before) / 1e6 / LOOKS;
  const theirs = await childrenCpuMs(async () => {
    for (let look = 0; look < LOOKS; look++) await run("pgrep", ["-f", "claude"]);
  });

  const pgrep = theirs / LOOKS;
  const judged = `${kinds("session")} sessions and ${kinds("mcpServer")} MCP servers`;
  console.log(
    `\n${there} processes, among them ${judged}. CPU time of a look that reads everything anew, mean of ${LOOKS}:\n`,
  );
  console.log(`lifeline         ${ours.toFixed(1).padStart(7)} ms`);
  console.log(`pgrep -f claude  ${pgrep.toFixed(1).padStart(7)} ms`);
  console.log(`ratio            ${(ours / pgrep).toFixed(2).padStart(7)}×\n`);
  console.log(`Judging 2,000 processes of Claude Code: ${prepared.judgeMs.toFixed(1)} ms`);
  console.log(`goal: at most ${MS_AT_MOST} ms: ${prepared.judgeMs <= MS_AT_MOST ? "met" : "MISSED"}`);
} finally {
  for (const child of started) child.kill("SIGKILL");
}

/** Starts all of them. A shell under the name of the CLI stands for a session: it is looked at just as one, and starts what it is told to. */
async function populate() {
  const claude = path.join(root, "claude");
  await copyFile("/bin/bash", claude);
  await chmod(claude, 0o755);
  await mkdir(path.join(root, "project"));
  const server = "sleep 3600 < <(exec sleep 3600) &";
  const session = `${server.repeat(SERVERS_EACH)} read -r nothing`;
  const alone = /** @type {const} */ ({ cwd: path.join(root, "project"), stdio: ["pipe", "ignore", "ignore"] });
  const children = [];
  for (let n = 0; n < SESSIONS; n++) children.push(spawn(claude, ["-c", session], alone));
  const rest = PROCESSES - SESSIONS * (1 + 2 * SERVERS_EACH);
  // One shell for all others: Node would hold three pipes for each.
  children.push(
    spawn("/bin/sh", ["-c", `i=0; while [ $i -lt ${rest} ]; do sleep 3600 & i=$((i+1)); done; read -r nothing`], alone),
  );
  for (;;) {
    const there = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).length;
    if (there >= PROCESSES) return children;
  }
}

/** CPU time of the programs that ran meanwhile and have ended. @param {() => Promise<void>} work */
async function childrenCpuMs(work) {
  // proc_pid_stat(5): cutime and cstime, in ticks of 10 ms.
  const ticks = async () => {
    const fields = (await readFile("/proc/self/stat", "utf8")).replace(/^.*\) /s, "").split(" ");
    return Number(fields[13]) + Number(fields[14]);
  };
  const before = await ticks();
  await work();
  return ((await ticks()) - before) * 10;
}
