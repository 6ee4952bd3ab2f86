// Mode `ask`: the question goes out where a frozen window cannot show it, and the command in it answers it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isAlive, prepare, startLifeline, times } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

const inside = await enterNamespace(import.meta.url, { prepare });

/** @type {Awaited<ReturnType<typeof startLifeline>>} */
let lifeline;
before(async () => {
  lifeline = await startLifeline(inside, {
    settings: { "lifeline.recovery.mode": "ask", "lifeline.recovery.deadlockAfter": 6 },
  });
});
after(() => lifeline?.stop());

test("it asks on the desktop, kills nothing, and obeys the answer", { timeout: 240_000 }, async (t) => {
  const { hosts, host, journal, binary } = lifeline;
  await hosts.inject("deadlock", {}, { pid: host.pid });
  const question = await lifeline.whenNotified(/To restart it/, { atMostMs: 120_000 });
  t.diagnostic(`the desktop says: ${question.split("\n")[1]}`);
  assert.equal(await isAlive(host.pid), true);
  assert.deepEqual(await journal.kills(), []);

  const [, program, ...args] = /To restart it: (\S+) (\S+) (\S+) (\S+)/.exec(question) ?? [];
  assert.equal(program, binary, "the command in the question can be typed as it is");
  const restarted = await lifeline.cli(...args, "--yes");
  assert.equal(restarted.code, 0, restarted.stdout + restarted.stderr);
  const incident = await journal.ended(host.pid, "recovered");
  t.diagnostic(times(incident));
  assert.equal(await isAlive(host.pid), false);
  await hosts.next({ not: [host.pid] });
});
