// The daemon dies: it is back at once, still knows its windows, and still recovers, even a host that froze in between.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isAlive, prepare, startLifeline, times } from "./harness/lifeline.mjs";
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

/** @param {number} daemon its pid @returns {Promise<number>} lines of the journal before */
async function killDaemon(daemon) {
  const from = (await lifeline.journal.lines()).length;
  process.kill(daemon, "SIGKILL");
  return from;
}

test("killed with SIGKILL, it is back and reattached, and a freeze after that is recovered", {
  timeout: 90_000,
}, async (t) => {
  const { journal, hosts, host } = lifeline;
  const killedAt = performance.now();
  const from = await killDaemon(await lifeline.daemonPid());
  await journal.attached(host.pid, "main", { from });
  t.diagnostic(`back and reattached after ${((performance.now() - killedAt) / 1000).toFixed(2)} s`);
  await journal.attached(host.pid, "worker", { from });

  await hosts.inject("busyLoop", {}, { pid: host.pid });
  const incident = await journal.ended(host.pid, "recovered", { from });
  t.diagnostic(times(incident));
  assert.equal(incident.verdict, "spinning");
});

test("killed while the host is frozen, the worker thread alone brings it back, and the host is recovered", {
  timeout: 90_000,
}, async (t) => {
  const { journal, hosts } = lifeline;
  const host = await hosts.next({ not: [lifeline.host.pid] });
  await journal.attached(host.pid, "worker");
  await hosts.inject("deadlock", {}, { pid: host.pid });
  const from = await killDaemon(await lifeline.daemonPid());
  const incident = await journal.ended(host.pid, "recovered", { from });
  t.diagnostic(times(incident));
  assert.equal(await isAlive(host.pid), false);
  await hosts.next({ not: [lifeline.host.pid, host.pid] });
});

test("a daemon that does not answer is replaced by the extension", { timeout: 90_000 }, async (t) => {
  const { journal, hosts } = lifeline;
  const host = await hosts.current();
  assert.ok(host);
  await journal.attached(host.pid, "worker");
  const silent = await lifeline.daemonPid();
  const from = (await journal.lines()).length;
  const stoppedAt = performance.now();
  process.kill(silent, "SIGSTOP");
  await journal.attached(host.pid, "main", { from, atMostMs: 60_000 });
  t.diagnostic(`replaced after ${((performance.now() - stoppedAt) / 1000).toFixed(1)} s`);
  assert.equal(await isAlive(silent), false);
  assert.notEqual(await lifeline.daemonPid(), silent);
});
