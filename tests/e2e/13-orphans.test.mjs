// Processes of Claude Code that were left behind are ended, with care, and nothing else is: real CLIs and MCP servers in a real window, beside decoys.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { access, chmod, copyFile, mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureClaudeCli } from "../../scripts/lib/claude-code.mjs";
import { ensureAptPackages } from "../../scripts/lib/system.mjs";
import { cliVariables, installCli, startCli, TERMINAL_SETTINGS } from "./harness/claude-cli.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { processes, processFacts } from "./harness/host.mjs";
import { elapse, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { startPlainWindow } from "./harness/plain-window.mjs";
import { writeSettings } from "./harness/vscode.mjs";

const run = promisify(execFile);
const inside = await enterNamespace(import.meta.url, {
  prepare: async () => {
    await ensureAptPackages(["tmux"]);
    return { ...(await prepare()), cli: await ensureClaudeCli() };
  },
});
const { root, home, prepared } = inside;
const skip = prepared.claude.reason ?? prepared.cli.reason ?? false;
const executable = /** @type {string} */ (prepared.cli.executable);
const folder = path.join(root, "sample-project");
const mcpServer = fileURLToPath(new URL("harness/mcp-server.mjs", import.meta.url));

/** Nothing must have moved for so long; a look is taken every few seconds. */
const QUIET_SECONDS = 20;
/** And a host must have computed for nobody for so long. */
const DESERTED_SECONDS = 20;
/** A process younger than a minute is never a candidate; then two looks, apart by the time of quiet, and perhaps the ending itself. */
const REAPED_WITHIN_MS = 180_000;

/** @type {import('./harness/fake-api.mjs').FakeApi} */ let api;
/** @type {Awaited<ReturnType<typeof startLifeline>>} */ let lifeline;
/** Lets all stalled answers go. */
let release = () => {};
before(async () => {
  if (skip) return;
  api = await startFakeApi();
  const until = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  // It answers the CLI's first questions for all of them, the one about the key included.
  await installCli({ executable, root, home, folder, apiUrl: api.url });
  // Not even a ping: whoever gets those is being answered.
  api.on("never answered", { text: "Late.", until, pingMs: REAPED_WITHIN_MS });
  lifeline = await startLifeline(inside, { settings });
});
after(async () => {
  release();
  await lifeline?.stop();
  await api?.stop();
});

const settings = {
  ...TERMINAL_SETTINGS,
  "lifeline.sessions.restore": "never",
  "lifeline.sessions.continue": "never",
  "lifeline.orphans.quietAfter": QUIET_SECONDS,
  "lifeline.orphans.desertedAfter": DESERTED_SECONDS,
};

/** @returns {Promise<any>} */
async function list() {
  const { stdout, stderr } = await lifeline.cli("orphans", "--all", "--format", "json");
  assert.ok(stdout, stderr);
  return JSON.parse(stdout);
}

/** Starts a session as the chat panel does: a child of the host that talks over its standard input. Returns its pid. @param {{id: string, say?: string, resume?: boolean, mcp?: Record<string, string>}} what */
async function panel({ id, say, resume = false, mcp }) {
  const format = ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
  const servers = mcp ? { left: { command: process.execPath, args: [mcpServer], env: mcp } } : {};
  const known = (await processes()).map(({ pid }) => pid);
  const message = { role: "user", content: [{ type: "text", text: say ?? "" }] };
  await lifeline.hosts.inject("child", {
    command: executable,
    args: [
      ...format,
      resume ? "--resume" : "--session-id",
      id,
      "--permission-mode",
      "default",
      "--strict-mcp-config",
      "--mcp-config",
      JSON.stringify({ mcpServers: servers }),
    ],
    env: { ...cliVariables(api.url), CLAUDE_CODE_ENTRYPOINT: "claude-vscode" },
    cwd: folder,
    say: say ? `${JSON.stringify({ type: "user", message })}\n` : "",
    log: path.join(root, "panel.log"),
  });
  const until = performance.now() + 20_000;
  for (;;) {
    const found = (await processes()).find(({ pid, command }) => !known.includes(pid) && command.includes(id));
    if (found) return found.pid;
    if (performance.now() > until) throw new Error(`the session ${id} did not start`);
    await elapse(100);
  }
}

/** The MCP server that a session has started. @param {number} session */
async function mcpOf(session) {
  const until = performance.now() + 20_000;
  for (;;) {
    const found = (await processes()).find(({ ppid, command }) => ppid === session && command.includes(mcpServer));
    if (found) return found.pid;
    if (performance.now() > until) throw new Error(`no MCP server of ${session}`);
    await elapse(100);
  }
}

/** Somebody may still have to wait for one that has ended. @param {number} pid */
async function isThere(pid) {
  const facts = await processFacts(pid);
  return facts !== null && facts.state !== "Z";
}

test("what was left behind is ended, and not one other process is touched", { skip, timeout: 420_000 }, async (t) => {
  let { host } = lifeline;
  const asked = (/** @type {string} */ text) => api.next(text, { atMostMs: 60_000 });

  // ---- of the first host, which will be killed -----------------------------------------------------
  const stalledId = randomUUID();
  let seen = asked("never answered 1");
  const stalled = await panel({ id: stalledId, say: "never answered 1", mcp: { BUSY: "0" } });
  await seen;
  const stalledMcp = await mcpOf(stalled);
  seen = asked("never answered 2");
  const busy = await panel({ id: randomUUID(), say: "never answered 2", mcp: { BUSY: "1" } });
  await seen;
  const busyMcp = await mcpOf(busy);
  // A session that is killed leaves its server behind.
  seen = asked("say hello 3");
  const killed = await panel({ id: randomUUID(), say: "say hello 3", mcp: { BUSY: "0" } });
  await seen;
  const leftMcp = await mcpOf(killed);
  await list();
  process.kill(killed, "SIGKILL");
  process.kill(host.pid, "SIGKILL");
  host = await lifeline.hosts.next({ not: [host.pid] });
  await lifeline.journal.attached(host.pid, "worker");

  // ---- of the second, which lives ------------------------------------------------------------------
  const reopenedId = randomUUID();
  seen = asked("say hello 4");
  const superseded = await panel({ id: reopenedId, say: "say hello 4" });
  await seen;
  await elapse(2_000);
  const successor = await panel({ id: reopenedId, resume: true });
  seen = asked("say hello 5");
  const idle = await panel({ id: randomUUID(), say: "say hello 5", mcp: { BUSY: "0" } });
  await seen;
  const idleMcp = await mcpOf(idle);

  // ---- of others ------------------------------------------------------------------------------------
  const cli = await startCli(lifeline.window, { executable, root, home, folder, apiUrl: api.url, name: "terminal" });
  const variables = { ...process.env, ...cliVariables(api.url) };
  await run("tmux", ["-L", "zoo", "new-session", "-d", "-c", folder, executable, "--permission-mode", "default"], {
    env: variables,
  });
  const detached = randomUUID();
  const fifo = path.join(root, "fifo");
  await run("mkfifo", [fifo]);
  const format = "--input-format stream-json --output-format stream-json --verbose";
  const script = `exec 3<>"${fifo}"; (setsid "${executable}" ${format} --session-id ${detached} <&3 >/dev/null 2>&1 3>&- &)`;
  await run("sh", ["-c", script], { env: variables, cwd: folder });
  const decoys = await startDecoys();
  for (const decoy of decoys) decoy.unref();
  t.after(() => {
    for (const decoy of decoys) decoy.kill("SIGKILL");
  });
  t.after(() => run("tmux", ["-L", "zoo", "kill-server"]).catch(() => {}));

  const { window } = lifeline;
  const leaked = { stalled, stalledMcp, leftMcp, superseded };
  const names = new Map(Object.entries(leaked).map(([name, pid]) => [pid, name]));
  const looksLikeIt = (/** @type {{command: string[]}} */ { command }) =>
    command.some((word) => word.includes("claude") || word === mcpServer);
  const kept = (await processes()).filter((process) => !names.has(process.pid) && looksLikeIt(process));
  assert.ok(kept.length >= 14, `${kept.length} that must stay`);

  // ---- what becomes of them --------------------------------------------------------------------------
  const until = performance.now() + REAPED_WITHIN_MS;
  /** @type {Map<number, any>} */
  const judged = new Map();
  const pids = [...names.keys()];
  // A server is in use as long as its session is there, whatever becomes of that.
  const isOwnLeak = (/** @type {number} */ pid) => pid !== stalledMcp;
  while (!pids.filter(isOwnLeak).every((pid) => judged.get(pid)?.grade === "certain")) {
    for (const process of (await list()).processes) judged.set(process.pid, process);
    const still = pids.map((pid) => `${names.get(pid)}: ${JSON.stringify(judged.get(pid))}`);
    assert.ok(performance.now() < until, `not certain of all:\n${still.join("\n")}`);
    await elapse(4_000);
  }
  t.diagnostic((await lifeline.cli("orphans", "--all")).stdout);
  for (const [pid, name] of names) {
    assert.ok(await isThere(pid), `${name} is not ended without a question`);
    t.diagnostic(`certain: ${name} (${pid}), ${judged.get(pid)?.why.join("; ")}`);
  }

  // ---- all of them at once, in the window ------------------------------------------------------------
  const rowOf = (/** @type {number} */ pid) =>
    window.page.locator(".pane-body .monaco-list-row", { hasText: `(${pid})` });
  await window.runCommand("Lifeline: Show Processes");
  await rowOf(stalled).waitFor({ timeout: 15_000 });
  await window.runCommand("Lifeline: End All That Were Left Behind");
  const all = await window.whenModal();
  // Its server ends with the session that was stalled.
  assert.match(all.message, /End 3 processes that were left behind/);
  t.diagnostic(`picture: ${await window.screenshot("processes-end-all")}`);
  await window.answerModal("End All");
  const summary = await window.notification(/[4-9] processes ended, .* given back/, { atMostMs: 60_000 });
  t.diagnostic(`picture: ${await window.screenshot("processes-all-ended")}; ${summary.text}`);
  for (const [pid, name] of names) assert.ok(!(await isThere(pid)), `${name} has ended`);
  const report = await list();
  // Long enough for another round of looks, if there were something else to end.
  await elapse(QUIET_SECONDS * 1000 + 5_000);
  await list();
  const gone = [];
  for (const { pid, command } of kept) if (!(await isThere(pid))) gone.push({ pid, command });
  assert.deepEqual(gone, [], "not one other process was touched");
  for (const pid of [busy, busyMcp, successor, idle, idleMcp, cli.pid, ...decoys.map(({ pid }) => Number(pid))]) {
    assert.ok(await isThere(pid), `process ${pid} is still there: ${JSON.stringify(judged.get(pid))}`);
  }
  assert.ok(report.givenBackBytes > 100_000_000, `${report.givenBackBytes} bytes were given back`);

  // ---- nothing is lost -------------------------------------------------------------------------------
  const folderOfSnapshots = path.join(lifeline.stateDir, "snapshots");
  const snapshots = await Promise.all(
    (await readdir(folderOfSnapshots))
      .filter((name) => name.endsWith(".json"))
      .map(async (name) => JSON.parse(await readFile(path.join(folderOfSnapshots, name), "utf8"))),
  );
  const saved = snapshots.filter(({ cause }) => cause === "leftBehind");
  const ofStalled = saved.flatMap(({ sessions }) => sessions).find(({ sessionId }) => sessionId === stalledId);
  assert.match(ofStalled?.lastPrompt ?? "", /never answered 1/);

  // ---- and by hand -----------------------------------------------------------------------------------
  const inUse = await lifeline.cli("reap", "--yes", String(idle));
  assert.equal(inUse.code, 4, inUse.stdout);
  assert.match(inUse.stderr, /in use/);
  const suspect = (await list()).processes.find((/** @type {any} */ one) => one.sessionId === detached);
  assert.equal(suspect?.grade, "suspect", JSON.stringify(suspect));
  const dry = await lifeline.cli("reap", "--dry-run", String(suspect.pid));
  assert.match(dry.stdout, /suspect/);
  assert.ok(await isThere(suspect.pid));

  // ---- in the window: the reason in the list, and End ------------------------------------------------
  const row = rowOf(suspect.pid);
  await row.waitFor({ timeout: 15_000 });
  assert.match((await row.textContent()) ?? "", /nobody saw who started it/);
  await row.hover();
  t.diagnostic(`picture: ${await window.screenshot("processes-view")}`);
  await row.locator(".action-label.codicon-close").click();
  const question = await window.whenModal();
  assert.match(question.message, new RegExp(`End process ${suspect.pid}`));
  t.diagnostic(`picture: ${await window.screenshot("process-end-question")}`);
  await window.answerModal("End");
  const toast = await window.notification(/given back/, { atMostMs: 60_000 });
  t.diagnostic(`picture: ${await window.screenshot("memory-given-back")}; ${toast.text}`);
  await row.waitFor({ state: "detached" });
  assert.ok(!(await isThere(suspect.pid)));
  // What it was is kept, by hand too.
  assert.match((await lifeline.cli("snapshots")).stdout, /leftBehind|left behind/);
  const nothing = await lifeline.cli("reap", "--yes");
  assert.equal(nothing.code, 0);
  assert.match(nothing.stdout, /Nothing was certainly left behind/);
});

test("a host that spins for nobody is ended, and one that waits for its window is not", {
  skip,
  timeout: 240_000,
}, async (t) => {
  const [spinning, waiting] = [
    await startPlainWindow(inside, { name: "spinning" }),
    await startPlainWindow(inside, { name: "waiting" }),
  ];
  t.after(spinning.stop);
  t.after(waiting.stop);
  const until = performance.now() + REAPED_WITHIN_MS;
  const wait = async (/** @type {number} */ ms, /** @type {unknown} */ state) => {
    assert.ok(performance.now() < until, `it is still ${JSON.stringify(state)}`);
    await elapse(ms);
  };
  for (;;) {
    const { sockets } = JSON.parse((await lifeline.cli("status", "--format", "json")).stdout);
    const owners = sockets.map((/** @type {any} */ socket) => socket.ownerPid);
    if ([spinning, waiting].every(({ host }) => owners.includes(host.pid))) break;
    await wait(500, sockets);
  }
  await writeSettings(path.join(root, "user"), { ...settings, "lifeline.orphans.reap": "certain" });
  await lifeline.window.reload();
  for (let mode; mode !== "certain"; { mode } = await list()) await wait(500, mode);
  // One lock of which nobody knows any more, and one that is only just written.
  const ide = path.join(home, ".claude", "ide");
  const [stale, young] = [path.join(ide, "45001.lock"), path.join(ide, "45002.lock")];
  const twoMinutesAgo = new Date(Date.now() - 120_000);
  for (const lock of [stale, young]) {
    await writeFile(
      lock,
      JSON.stringify({ pid: 1, workspaceFolders: [root], ideName: "x", transport: "ws", authToken: "t" }),
    );
  }
  await utimes(stale, twoMinutesAgo, twoMinutesAgo);
  await spinning.hosts.inject("busyLoop", { ms: 600_000 }, { pid: spinning.host.pid });
  await spinning.window.crash();
  await waiting.window.crash();

  while (await isThere(spinning.host.pid)) {
    await list();
    await wait(4_000, "there: the host that spins");
  }
  const lines = await lifeline.journal.lines();
  const ends = lines.flatMap(({ decision }) => decision?.orphan?.endProcess ?? []);
  const own = ends.filter(({ id }) => id.pid === spinning.host.pid);
  t.diagnostic(`ended: ${JSON.stringify(own)}`);
  assert.deepEqual(
    own[0]?.tree.map((/** @type {any} */ { pid }) => pid),
    [spinning.host.pid],
    "by Lifeline, and it alone",
  );
  const why = own[0].why.flatMap((/** @type {any} */ reason) => Object.keys(reason));
  assert.deepEqual(why.filter((/** @type {string} */ name) => name !== "resident").sort(), [
    "busy",
    "loopStill",
    "noClient",
  ]);
  const exists = (/** @type {string} */ file) =>
    access(file).then(
      () => true,
      () => false,
    );
  while (await exists(stale)) await wait(500, "there: the stale lock");
  assert.ok(await exists(young));
  await elapse(DESERTED_SECONDS * 1000);
  await list();
  assert.ok(await isThere(waiting.host.pid), "it is well, and its window may come back");
});

/** Processes that look like Claude Code to whoever looks at command lines. */
async function startDecoys() {
  const claude = path.join(root, "claude");
  await mkdir(claude);
  const inFolder = path.join(claude, "server");
  await copyFile("/bin/sleep", inFolder);
  await chmod(inFolder, 0o755);
  const script = path.join(root, "bin-claude", "claude");
  await mkdir(path.dirname(script));
  await writeFile(script, "#!/bin/sh\nwhile :; do sleep 600; done\n", { mode: 0o755 });
  const odd = path.join(root, "a [claude]\n(x) 7");
  await copyFile("/bin/sleep", odd);
  await chmod(odd, 0o755);
  // What they leave behind must not keep this process alive.
  const alone = /** @type {const} */ ({ detached: true, stdio: "ignore" });
  const node = ["-e", "setInterval(() => {}, 1000)"];
  return [
    spawn("tail", ["-f", path.join(folder, "notes.md"), "/dev/null", "--pid=1"], {
      ...alone,
      argv0: "vim claude-code",
    }),
    spawn(script, [], alone),
    spawn(inFolder, ["600"], alone),
    spawn(odd, ["600"], alone),
    spawn(process.execPath, [...node, "claude", "--resume", randomUUID()], alone),
    spawn(process.execPath, [...node, "@anthropic-ai/claude-code/cli.js"], alone),
  ];
}
