// What must never end in a kill: honest work, a sleeping laptop, a host that somebody stopped.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { elapse, isAlive, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

const inside = await enterNamespace(import.meta.url, { prepare });

/** @type {Awaited<ReturnType<typeof startLifeline>>} */
let lifeline;
before(async () => {
  lifeline = await startLifeline(inside, {
    settings: { "lifeline.recovery.deadlockAfter": 6, "lifeline.recovery.spinningAfter": 6 },
  });
});
after(() => lifeline?.stop());

async function unharmed() {
  assert.equal(await isAlive(lifeline.host.pid), true);
  assert.deepEqual(await lifeline.journal.kills(), []);
  assert.equal((await lifeline.hosts.current())?.pid, lifeline.host.pid);
}

/** Waits for the next beat of the host, that is: its loop turns and the daemon hears it. */
async function beats() {
  const { journal, host } = lifeline;
  const from = (await journal.lines()).length;
  // A settings change is always journalled, and its beats with it.
  await lifeline.cli("pause");
  await lifeline.cli("resume");
  await journal.when((line) => line.event?.beat?.host.pid === host.pid, { what: "a beat", from });
}

test("three bursts of 4 s of honest work", { timeout: 60_000 }, async () => {
  await lifeline.hosts.inject("bursts", { count: 3, ms: 4000, pauseMs: 1500 });
  await elapse(3 * 4000 + 2 * 1500);
  await beats();
  await unharmed();
});

test("a laptop asleep: daemon and host stand still together for 30 s", { timeout: 90_000 }, async () => {
  const daemon = await lifeline.daemonPid();
  process.kill(daemon, "SIGSTOP");
  process.kill(lifeline.host.pid, "SIGSTOP");
  await elapse(30_000);
  // The daemon first: it must not believe its old deadlines even for a moment.
  process.kill(daemon, "SIGCONT");
  process.kill(lifeline.host.pid, "SIGCONT");
  await beats();
  // Longer than the shortest deadline, and the daemon was not replaced either.
  await elapse(8000);
  await beats();
  await unharmed();
  assert.equal(await lifeline.daemonPid(), daemon);
});

test("a host that somebody stopped is left alone, and that is told", { timeout: 90_000 }, async (t) => {
  process.kill(lifeline.host.pid, "SIGSTOP");
  const told = await lifeline.whenNotified(/stopped by a signal/);
  t.diagnostic(`the desktop says: ${told.split("\n")[1]}`);
  await elapse(10_000);
  await unharmed();
  process.kill(lifeline.host.pid, "SIGCONT");
  await lifeline.journal.ended(lifeline.host.pid, "cameBack");
  await lifeline.window.notification(/stopped/);
  await unharmed();
});
