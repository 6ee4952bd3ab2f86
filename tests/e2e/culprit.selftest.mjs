// What is frozen in the real extension host is named by the inspector's own example, and the host is as before. By hand: `node --test`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { cargo, ROOT } from "../../scripts/lib/project.mjs";
import { run } from "../../scripts/lib/run.mjs";
import { ensureChromium } from "../../scripts/lib/system.mjs";
import { ensureVsCodeServer } from "../../scripts/lib/vscode-server.mjs";
import { whenProcess } from "./harness/host.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { startPlainWindow } from "./harness/plain-window.mjs";

const { root, prepared } = await enterNamespace(import.meta.url, {
  prepare: async () => ({
    server: await ensureVsCodeServer(),
    chromium: await ensureChromium(),
    culprit: await buildExample(),
  }),
});

/** Small, so that the heap is full soon. */
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

/** @returns {Promise<string>} the example's path */
async function buildExample() {
  const messages = await run(
    cargo(),
    ["build", "--release", "--locked", "-p", "lifeline-inspector", "--example", "culprit", "--message-format=json"],
    { cwd: ROOT, what: "cargo build of the example" },
  );
  const built = messages
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .find((message) => message.target?.name === "culprit" && message.executable);
  return built.executable;
}

/** Runs the example. @returns {Promise<{code: number | null, text: string}>} */
function nameCulprit() {
  return new Promise((resolve, reject) => {
    const child = spawn(prepared.culprit, [String(host.pid)], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ code: exitCode, text: text.trim() }));
  });
}

/** What a host looks like that does just what the fault does. @type {[import('./harness/host.mjs').Fault, RegExp, RegExp][]} */
const FREEZES = [
  ["busyLoop", /^R/, /`lifeline-test\.faults` 1\.0\.0 blocked the extension host in `(spin|busyLoop)`, faults\.js:\d+/],
  ["deadlock", /^S futex/, /`lifeline-test\.faults` 1\.0\.0 blocked the extension host in `deadlock`, faults\.js:\d+/],
  ["gcThrash", /^/, /`lifeline-test\.faults` 1\.0\.0 blocked the extension host in `(gcThrash|hold)`, faults\.js:\d+/],
];

for (const [fault, looks, sentence] of FREEZES) {
  test(`${fault}: named, and frozen as before`, async (t) => {
    t.after(freshHost);
    await plain.hosts.inject(fault);
    const frozen = (/** @type {Awaited<ReturnType<typeof processFacts>>} */ facts) =>
      facts !== null && looks.test(`${facts.state} ${facts.wchan}`);
    await whenProcess(host.pid, frozen, { what: "the host freezes" });
    const { code: exitCode, text } = await nameCulprit();
    t.diagnostic(text);
    assert.equal(exitCode, 0);
    assert.match(text, sentence);
    assert.match(text, /left open: false/);
    await whenProcess(host.pid, frozen, { what: "the host is frozen as before" });
  });
}

test("bursts: named in the middle of one, and well afterwards", async (t) => {
  await plain.hosts.inject("bursts", { count: 1, ms: 4_000 });
  const { code: exitCode, text } = await nameCulprit();
  t.diagnostic(text);
  assert.equal(exitCode, 0);
  assert.match(text, /left open: false/);
  assert.equal(await plain.hosts.answers({ atMostMs: 20_000 }), true);
  // Node opens it once more when its loop turns again, unless it was told better.
  const port = /port (\d+) open/.exec(text)?.[1];
  await assert.rejects(fetch(`http://127.0.0.1:${port}/json/version`), "closed for good");
});

test("execSync: nothing is opened", async (t) => {
  await plain.hosts.inject("execSync");
  await whenProcess(host.pid, (facts) => /epoll/.test(facts?.wchan ?? ""), { what: "the host waits for its child" });
  const { code: exitCode, text } = await nameCulprit();
  t.diagnostic(text);
  assert.notEqual(exitCode, 0);
  assert.match(text, /NotOpened/);
});
