// The heartbeat of Claude Code's IDE socket: it disturbs nobody, it sees a freeze where Lifeline is not, and hostile lock files do it no harm.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chown, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { ensureClaudeCli } from "../../scripts/lib/claude-code.mjs";
import { ideLocks, whenIdeLock } from "./harness/claude.mjs";
import { MAY_USE_IDE, startCli, TERMINAL_SETTINGS } from "./harness/claude-cli.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { elapse, isAlive, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { startPlainWindow } from "./harness/plain-window.mjs";

/** One heartbeat per lock every so often (the daemon's own constant). */
const BEAT_SECONDS = 5;
/** Wanted of a freeze that only the heartbeat can see (the issue). */
const TOLD_WITHIN_SECONDS = 15;
/** Larger than any lock file that may be read. */
const HUGE_BYTES = 5_000_000;
/** Nobody's, on Debian and elsewhere. */
const FOREIGN_UID = 65_534;

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => ({
    ...(await prepare()),
    cli: await ensureClaudeCli(),
    seconds: Number(process.env.LIFELINE_HEARTBEAT_SECONDS ?? 30),
  }),
});
const { root, home, prepared } = inside;
const skip = prepared.claude.reason ?? prepared.cli.reason ?? false;

/** @type {Awaited<ReturnType<typeof startLifeline>>} */
let lifeline;
/** @type {import('./harness/fake-api.mjs').FakeApi} */
let api;
before(async () => {
  if (skip) return;
  api = await startFakeApi();
  lifeline = await startLifeline(inside, { settings: TERMINAL_SETTINGS });
});
after(async () => {
  await lifeline?.stop();
  await api?.stop();
});

/** @returns {Promise<any>} */
async function status() {
  const { stdout, stderr } = await lifeline.cli("status", "--format", "json");
  assert.ok(stdout, stderr);
  return JSON.parse(stdout);
}

/**
 * Waits until the status shows it. The daemon tells nobody, so this one asks every 500 ms.
 * @template T @param {(status: any) => T} find @param {{what: string, atMostMs?: number}} options @returns {Promise<NonNullable<T>>}
 */
async function whenStatus(find, { what, atMostMs = 30_000 }) {
  const until = performance.now() + atMostMs;
  for (;;) {
    const now = await status();
    const found = find(now);
    if (found) return found;
    if (performance.now() > until)
      throw new Error(`in the status: ${what}: not within ${atMostMs / 1000} s; it is ${JSON.stringify(now)}`);
    await elapse(500);
  }
}

/** @param {number} port @returns {(status: any) => any} */
const socketAt = (port) => (now) => now.sockets.find((/** @type {any} */ socket) => socket.port === port);

test(`the real CLI stays connected through ${prepared.seconds} s of heartbeats`, {
  skip,
  timeout: 120_000 + prepared.seconds * 3_000,
}, async (t) => {
  const lock = await whenIdeLock(home);
  const executable = /** @type {string} */ (prepared.cli.executable);
  const cli = await startCli(lifeline.window, {
    executable,
    root,
    home,
    folder: lifeline.folder,
    apiUrl: api.url,
    args: MAY_USE_IDE,
  });
  await cli.connected();
  assert.equal((await cli.askIde(api, "before the heartbeats")).isError, false);

  const first = await whenStatus(socketAt(lock.port), { what: "the socket" });
  const wanted = first.probes + Math.ceil(prepared.seconds / BEAT_SECONDS);
  const enough = (/** @type {any} */ now) => socketAt(lock.port)(now)?.probes >= wanted && socketAt(lock.port)(now);
  const last = await whenStatus(enough, { what: `${wanted} probes`, atMostMs: 60_000 + prepared.seconds * 3_000 });
  t.diagnostic(
    `${last.probes} probes, ${last.missed} missed, round trip ${last.roundTripMs} ms, median ${last.medianRoundTripMs} ms`,
  );
  assert.equal(last.ownerPid, lifeline.host.pid);
  assert.ok(last.windowId, "it belongs to the window");
  assert.deepEqual(last.clientPids, [cli.pid]);
  await whenStatus((now) => socketAt(lock.port)(now)?.answer === "answers", { what: "the socket answers" });

  assert.equal((await cli.askIde(api, "after the heartbeats")).isError, false);
  assert.deepEqual(
    (await cli.connectionEvents()).map((event) => event.kind),
    ["connecting", "connected"],
    "nothing happened to the CLI's connection",
  );
  t.diagnostic(`picture: ${await lifeline.window.screenshot("heartbeat")}`);
});

test("hostile lock files are told, and do no harm", { skip, timeout: 120_000 }, async (t) => {
  const folder = path.join(home, ".claude", "ide");
  const [lock] = await ideLocks(home);
  const daemon = await lifeline.daemonPid();
  const usual = JSON.stringify({ pid: 1, workspaceFolders: ["/"], ideName: "x", transport: "ws", authToken: "t" });
  const at = (/** @type {string} */ name) => path.join(folder, name);

  // Nobody may be asked anything on a port of the system.
  let knocks = 0;
  const system = createServer((socket) => {
    knocks++;
    socket.destroy();
  });
  await new Promise((resolve) => system.listen(22, "127.0.0.1", () => resolve(undefined)));
  t.after(() => system.close());
  // And whoever does answer on a port that is allowed may say anything.
  const babbler = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(Buffer.alloc(1_000_000, 0x81));
  });
  await new Promise((resolve) => babbler.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => babbler.close());
  const babble = /** @type {import('node:net').AddressInfo} */ (babbler.address()).port;

  await writeFile(at("20001.lock"), "x".repeat(HUGE_BYTES));
  await symlink("/etc/passwd", at("20002.lock"));
  await mkdir(at("20003.lock"));
  await writeFile(at("20004.lock"), '{"pid":');
  execFileSync("mkfifo", [at("20005.lock")]);
  await writeFile(at("20006.lock"), usual);
  await chown(at("20006.lock"), FOREIGN_UID, FOREIGN_UID);
  await writeFile(at("22.lock"), usual);
  await writeFile(at(`${babble}.lock`), usual);
  const kinds = {
    "20001.lock": "tooLarge",
    "20002.lock": "link",
    "20003.lock": "noFile",
    "20004.lock": "noJson",
    "20005.lock": "noFile",
    "20006.lock": "foreignOwner",
    "22.lock": "portNotAllowed",
  };
  const told = Object.keys(kinds);
  t.after(() => Promise.all([...told, `${babble}.lock`].map((name) => rm(at(name), { recursive: true }))));

  const shown = await lifeline.cli("probe");
  t.diagnostic(`lifeline probe:\n${shown.stdout}${shown.stderr}`);
  assert.equal(shown.code, 1);
  const { stdout } = await lifeline.cli("probe", "--format", "json");
  const probed = JSON.parse(stdout);
  assert.deepEqual(
    Object.fromEntries(probed.problems.map((/** @type {any} */ problem) => [problem.fileName, problem.kind])),
    kinds,
  );
  for (const name of told) assert.ok(shown.stdout.includes(name), `${name} is told`);
  assert.deepEqual(
    probed.locks.map((/** @type {any} */ one) => one.port).sort(),
    [lock.port, babble].sort(),
    "nothing else was asked",
  );
  assert.ok(!stdout.includes(lock.authToken), "no token is shown");

  const problems = await whenStatus((now) => now.lockProblems.length >= told.length && now.lockProblems, {
    what: "the problems",
  });
  for (const name of told)
    assert.ok(
      problems.some((/** @type {string} */ problem) => problem.includes(name)),
      name,
    );
  await whenStatus((now) => socketAt(babble)(now)?.answer === "foreign", { what: "the babbler is no IDE" });
  const before = socketAt(lock.port)(await status()).probes;
  await whenStatus((now) => socketAt(lock.port)(now)?.probes > before, { what: "the heartbeat goes on" });
  assert.equal(await lifeline.daemonPid(), daemon);
  assert.equal(knocks, 0);
  assert.equal(await isAlive(lifeline.host.pid), true);
});

test("a freeze in a window without Lifeline is told, and nothing is done to it", {
  skip,
  timeout: 400_000,
}, async (t) => {
  const ports = (await ideLocks(home)).map((lock) => lock.port);
  const plain = await startPlainWindow(inside);
  t.after(plain.stop);
  const { hosts, host } = plain;
  const lock = await whenIdeLock(home, { notPorts: ports });
  const found = await whenStatus((now) => socketAt(lock.port)(now)?.answer === "answers" && socketAt(lock.port)(now), {
    what: "the other window's socket answers",
  });
  assert.equal(found.ownerPid, host.pid);

  const frozen = await hosts.inject("deadlock", {}, { pid: host.pid });
  // With a CPU pressure of 80 % and more, a host that does nothing counts as starved for a minute.
  const text = await lifeline.whenNotified(/Lifeline is not in that window/, { atMostMs: 150_000 });
  const seconds = (Date.now() - frozen.at) / 1000;
  t.diagnostic(`the desktop says: ${text.split("\n")[1]}`);
  t.diagnostic(
    `told ${seconds.toFixed(1)} s after the freeze; wanted: ${TOLD_WITHIN_SECONDS} s, ${seconds <= TOLD_WITHIN_SECONDS ? "met" : "MISSED"}`,
  );
  const shown = await lifeline.cli("status");
  assert.equal(shown.code, 1);
  t.diagnostic(`lifeline status:\n${shown.stdout}`);
  const window = (await status()).windows.find((/** @type {any} */ one) => one.hostPid === host.pid);
  assert.equal(window.guarded, false);
  assert.equal(socketAt(lock.port)(await status()).answer, "silent");

  await elapse(2 * BEAT_SECONDS * 1000);
  assert.equal(await isAlive(host.pid), true);
  assert.deepEqual(await lifeline.journal.kills(), []);

  // Somebody restarts it: the news is over.
  process.kill(host.pid, "SIGKILL");
  // The window replaced its connection after 20 s without an answer, and so learns of the end only by the next such timeout (measured).
  const next = await hosts.next({ not: [host.pid], atMostMs: 90_000 });
  const renewed = await whenIdeLock(home, { notPorts: [...ports, lock.port] });
  await whenStatus((now) => socketAt(renewed.port)(now)?.ownerPid === next.pid, { what: "the new host's socket" });
  await whenStatus((now) => !now.windows.some((/** @type {any} */ one) => one.hostPid === host.pid), {
    what: "the dead host is gone",
  });
  assert.equal(await isAlive(lifeline.host.pid), true);
});
