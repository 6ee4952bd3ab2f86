// Every fault of the fault extension does to the kernel's books what FACTS.md says it does; otherwise the end-to-end tests test nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import { ensureChromium } from "../../scripts/lib/system.mjs";
import { ensureVsCodeServer } from "../../scripts/lib/vscode-server.mjs";
import { processFacts, whenGone, whenProcess } from "./harness/host.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { startPlainWindow } from "./harness/plain-window.mjs";

const { root, prepared } = await enterNamespace(import.meta.url, {
  prepare: async () => ({ server: await ensureVsCodeServer(), chromium: await ensureChromium() }),
});

/** Ticks per second of /proc/PID/stat. */
const HZ = 100;
/** Small, so that the memory faults arrive soon. */
const HEAP_MB = 512;

/** @type {Awaited<ReturnType<typeof startPlainWindow>>} */ let plain;
/** @type {import('./harness/host.mjs').Host} */ let host;

before(async () => {
  plain = await startPlainWindow({ root, prepared }, { nodeArgs: [`--max-old-space-size=${HEAP_MB}`] });
  host = plain.host;
});

after(() => plain?.stop());

async function freshHost() {
  host = await plain.freshHost(host);
}

/** What changes in a window of time. Shares, not amounts: how much CPU we get depends on who else is at work. @param {number} ms */
async function over(ms) {
  const from = await processFacts(host.pid);
  await pass(ms);
  const to = await processFacts(host.pid);
  assert.ok(from && to, "the host is still there");
  const ticks = to.cpuTicks - from.cpuTicks;
  return {
    ...to,
    cpu: ticks / ((ms / 1000) * HZ),
    otherThreads: ticks === 0 ? 0 : 1 - (to.mainCpuTicks - from.mainCpuTicks) / ticks,
    switches: to.voluntarySwitches - from.voluntarySwitches,
  };
}

test("the commands are in the palette", async () => {
  assert.ok(await plain.window.hasCommand("Faults: Deadlock"));
  assert.ok(!(await plain.window.hasCommand("Faults: Be nice")));
});

for (const [fault, wchan, child] of /** @type {const} */ ([
  ["deadlock", /futex/],
  ["execSync", /epoll/, "sleep"],
  ["fifo", /wait_for_partner|fifo/],
])) {
  test(`${fault}: silent and asleep`, async (t) => {
    t.after(freshHost);
    await plain.hosts.inject(fault);
    await whenProcess(host.pid, (facts) => facts?.state === "S" && wchan.test(facts.wchan), {
      what: "the host falls asleep",
    });
    await pass(500);
    const facts = await over(1_000);
    t.diagnostic(`state ${facts.state}, wchan ${facts.wchan}, ${percent(facts.cpu)} CPU, ${facts.switches} switches`);
    assert.equal(facts.state, "S");
    assert.ok(facts.cpu < 0.1);
    assert.equal(facts.switches, 0);
    if (child) {
      const children = await Promise.all(facts.children.map(processFacts));
      assert.ok(children.some((process) => process?.command[0] === child));
    }
  });
}

test("busyLoop: the main thread alone, for ever", async (t) => {
  t.after(freshHost);
  await plain.hosts.inject("busyLoop");
  await pass(500);
  const facts = await over(2_000);
  t.diagnostic(
    `state ${facts.state}, ${percent(facts.cpu)} CPU, of which ${percent(facts.otherThreads)} in other threads`,
  );
  assert.equal(facts.state, "R");
  assert.ok(facts.cpu > 0.1);
  assert.equal(await plain.hosts.answers({ atMostMs: 500 }), false);
  assert.ok(facts.otherThreads < 0.1);
});

test("bursts: busy, then well again without help", async () => {
  assert.equal(await plain.hosts.answers(), true);
  await plain.hosts.inject("bursts", { count: 2, ms: 1_500, pauseMs: 200 });
  assert.equal(await plain.hosts.answers({ atMostMs: 500 }), false);
  assert.equal(await plain.hosts.answers(), true);
});

test("leak: the memory grows while the host goes on working", async () => {
  await plain.hosts.inject("leak", { megabytesPerSecond: 50, totalMegabytes: 150 });
  const from = await processFacts(host.pid);
  await whenProcess(host.pid, (facts) => (facts?.rssBytes ?? 0) > (from?.rssBytes ?? 0) + 100e6, {
    what: "the memory grows",
  });
  assert.equal(await plain.hosts.answers(), true);
});

test("gcThrash: the heap stays at its limit, with other threads hard at work", async (t) => {
  t.after(freshHost);
  await plain.hosts.inject("gcThrash");
  await pass(5_000);
  const facts = await over(2_000);
  t.diagnostic(
    `${percent(facts.cpu)} CPU, of which ${percent(facts.otherThreads)} in other threads; ${Math.round(facts.rssBytes / 1e6)} MB`,
  );
  assert.ok(facts.cpu > 0.1);
  assert.ok(facts.otherThreads > 0.3);
  assert.ok(facts.rssBytes > HEAP_MB * 0.8 * 1e6);
});

test("oom: the host ends by itself and VS Code starts another", async () => {
  await plain.hosts.inject("oom");
  await whenGone(host.pid, { atMostMs: 60_000 });
  host = await plain.hosts.next({ not: [host.pid] });
});

/** @param {number} share */
function percent(share) {
  return `${Math.round(share * 100)} %`;
}
