// The idle daemon with one real window attached, beside earlyoom, over the same minute: resident memory and CPU.
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { ensureAptPackages } from "../../scripts/lib/system.mjs";
import { elapse, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

/** Goals of DESIGN, promise 6. */
const RSS_BYTES_AT_MOST = 8_000_000;
const CPU_SHARE_AT_MOST = 0.001;
/** Extensions activate and the browser settles; this is a benchmark of idling. */
const SETTLE_MS = 20_000;

const seconds = Number(process.argv[2] ?? 60);
const inside = await enterNamespace(import.meta.url, {
  prepare: async () => {
    await ensureAptPackages(["earlyoom"]);
    return prepare();
  },
});

const lifeline = await startLifeline(inside);
// --dryrun: it must not end anything, even if memory ran out during the run.
const peer = spawn("earlyoom", ["--dryrun", "-r", "0"], { stdio: "ignore" });
try {
  await elapse(SETTLE_MS);
  const pids = { lifeline: await lifeline.daemonPid(), earlyoom: /** @type {number} */ (peer.pid) };
  const before = { lifeline: await cost(pids.lifeline), earlyoom: await cost(pids.earlyoom) };
  const began = performance.now();
  await elapse(seconds * 1000);
  const after = { lifeline: await cost(pids.lifeline), earlyoom: await cost(pids.earlyoom) };
  const ms = performance.now() - began;

  const row = (/** @type {'lifeline' | 'earlyoom'} */ name) => {
    const cpu = (after[name].cpuNs - before[name].cpuNs) / 1e6 / ms;
    return { name, rss: after[name].rssBytes, peak: after[name].peakBytes, cpu };
  };
  const [ours, theirs] = [row("lifeline"), row("earlyoom")];
  console.log(`\nIdle for ${seconds} s, one window attached (VS Code ${inside.prepared.server.vscode}):\n`);
  console.log("            resident      peak    CPU of one core");
  for (const { name, rss, peak, cpu } of [ours, theirs]) {
    console.log(`${name.padEnd(9)} ${mb(rss)} ${mb(peak)}    ${(cpu * 100).toFixed(4)} %`);
  }
  console.log(
    `ratio     ${(ours.rss / theirs.rss).toFixed(2).padStart(8)}×           ${(ours.cpu / theirs.cpu).toFixed(2)}×\n`,
  );
  console.log(
    `goal: resident at most ${mb(RSS_BYTES_AT_MOST).trim()}: ${ours.rss <= RSS_BYTES_AT_MOST ? "met" : "MISSED"}`,
  );
  console.log(`goal: CPU at most ${CPU_SHARE_AT_MOST * 100} %: ${ours.cpu <= CPU_SHARE_AT_MOST ? "met" : "MISSED"}`);
} finally {
  peer.kill();
  await lifeline.stop();
}

/** @param {number} bytes */
function mb(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`.padStart(9);
}

/** CPU of all threads that live now, to the nanosecond, and memory. @param {number} pid */
async function cost(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]) * 1024;
  const threads = await readdir(`/proc/${pid}/task`);
  const times = await Promise.all(
    threads.map((thread) =>
      readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").then(
        (text) => Number(text.split(" ")[0]),
        () => 0,
      ),
    ),
  );
  return { cpuNs: times.reduce((sum, ns) => sum + ns, 0), rssBytes: kilobytes("VmRSS"), peakBytes: kilobytes("VmHWM") };
}
