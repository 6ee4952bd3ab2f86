// The idle daemon beside earlyoom, over the same minute: resident memory and CPU. It has two real windows, three IDE locks and five real
// Claude Code CLIs to look after.
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { ensureClaudeCli } from "../../scripts/lib/claude-code.mjs";
import { ensureAptPackages } from "../../scripts/lib/system.mjs";
import { ideLocks, whenIdeLock } from "./harness/claude.mjs";
import { startCli, TERMINAL_SETTINGS } from "./harness/claude-cli.mjs";
import { cpuNs } from "./harness/cpu.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { elapse, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { openWindow } from "./harness/vscode.mjs";

/** Goals of DESIGN, promise 6. */
const RSS_BYTES_AT_MOST = 8_000_000;
const CPU_SHARE_AT_MOST = 0.001;
/** Extensions activate and the browser settles; this is a benchmark of idling. */
const SETTLE_MS = 20_000;
/** Claude Code processes: two are connected to an IDE. */
const CLIS = 5;

const seconds = Number(process.argv[2] ?? 60);
const inside = await enterNamespace(import.meta.url, {
  prepare: async () => {
    await ensureAptPackages(["earlyoom"]);
    return { ...(await prepare()), cli: await ensureClaudeCli() };
  },
});
const { root, home, prepared } = inside;
if (!prepared.cli.executable) throw new Error(`The benchmark needs the Claude Code CLI: ${prepared.cli.reason}`);

const lifeline = await startLifeline(inside, { settings: TERMINAL_SETTINGS });
const api = await startFakeApi();
// --dryrun: it must not end anything, even if memory ran out during the run.
const peer = spawn("earlyoom", ["--dryrun", "-r", "0"], { stdio: "ignore" });
try {
  const locks = await surround();
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
  const { windows, sockets, claude } = JSON.parse((await lifeline.cli("status", "--format", "json")).stdout);
  const probed = sockets.filter((/** @type {any} */ socket) => socket.probes > 0).length;
  console.log(
    `\nIdle for ${seconds} s: ${windows.length} windows, ${locks} IDE locks (${probed} heartbeaten), ${CLIS} Claude Code CLIs ` +
      `(${claude.length} connected), VS Code ${prepared.server.vscode}:\n`,
  );
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
  await api.stop();
}

/** Opens the second window, the third lock and the CLIs. @returns {Promise<number>} how many locks there are */
async function surround() {
  const folder = path.join(root, "other-project");
  await mkdir(folder);
  const first = await whenIdeLock(home);
  const other = await openWindow({ browser: lifeline.browser, url: lifeline.code.url, folder });
  const second = await lifeline.hosts.next({ not: [lifeline.host.pid] });
  await lifeline.journal.attached(second.pid, "worker");
  await whenIdeLock(home, { notPorts: [first.port] });

  // Another editor, as newer extensions answer who shows no token.
  const editor = createServer().on("upgrade", (_, socket) =>
    socket.end("HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n"),
  );
  await new Promise((resolve) => editor.listen(0, "127.0.0.1", () => resolve(undefined)));
  editor.unref();
  const { port } = /** @type {import('node:net').AddressInfo} */ (editor.address());
  const lock = {
    pid: process.pid,
    workspaceFolders: [root],
    ideName: "Another Editor",
    transport: "ws",
    authToken: "x",
  };
  await writeFile(path.join(home, ".claude", "ide", `${port}.lock`), JSON.stringify(lock));

  const executable = /** @type {string} */ (prepared.cli.executable);
  for (let n = 0; n < CLIS; n++) {
    const isFirstThere = n < 2;
    const [window, place] = n % 2 === 0 ? [lifeline.window, lifeline.folder] : [other, folder];
    // A second client would push out the first.
    const env = isFirstThere ? {} : { CLAUDE_CODE_SSE_PORT: "" };
    const options = { executable, root, home, folder: place, apiUrl: api.url, name: `cli-${n}`, env };
    const cli = await startCli(window, options);
    // How many are connected in the end is printed.
    if (isFirstThere) await cli.connected().catch((error) => console.log(`cli-${n}: ${error.message}`));
  }
  return (await ideLocks(home)).length;
}

/** @param {number} bytes */
function mb(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`.padStart(9);
}

/** CPU and memory. @param {number} pid */
async function cost(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]) * 1024;
  return { cpuNs: await cpuNs(pid), rssBytes: kilobytes("VmRSS"), peakBytes: kilobytes("VmHWM") };
}
