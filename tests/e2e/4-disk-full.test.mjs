// A full disk: nothing can be saved, so nothing is killed, and that is told.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { isAlive, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

const inside = await enterNamespace(import.meta.url, { prepare });

/** @type {Awaited<ReturnType<typeof startLifeline>>} */
let lifeline;
before(async () => {
  const state = path.join(inside.stateDir, "lifeline");
  await mkdir(state, { recursive: true, mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", state]);
  lifeline = await startLifeline(inside, { settings: { "lifeline.recovery.deadlockAfter": 6 } });
});
after(() => lifeline?.stop());

test("no space left: no kill, and told; with space again the host is recovered", { timeout: 300_000 }, async (t) => {
  const { hosts, host, journal, stateDir } = lifeline;
  const ballast = path.join(stateDir, "ballast");
  await assert.rejects(writeFile(ballast, Buffer.alloc(2_000_000)), { code: "ENOSPC" });

  await hosts.inject("deadlock", {}, { pid: host.pid });
  const told = await lifeline.whenNotified(/could not be saved/, { atMostMs: 100_000 });
  t.diagnostic(`the desktop says: ${told.split("\n")[1]}`);
  assert.equal(await isAlive(host.pid), true);
  const status = await lifeline.cli("status");
  assert.equal(status.code, 1);
  assert.match(status.stdout, /save/);

  await rm(ballast);
  const incident = await journal.ended(host.pid, "recovered", { atMostMs: 100_000 });
  assert.equal(incident.snapshot, true);
  assert.equal(await isAlive(host.pid), false);
});
