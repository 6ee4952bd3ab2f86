// The harness tests itself: real VS Code, real Chromium, real Claude Code extension, a frozen host, an exact kill, a new host.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { after, test } from "node:test";
import { ensureClaudeExtension } from "../../scripts/lib/claude-code.mjs";
import { ensureChromium } from "../../scripts/lib/system.mjs";
import { ensureVsCodeServer } from "../../scripts/lib/vscode-server.mjs";
import { whenIdeLock } from "./harness/claude.mjs";
import { FAULT_EXTENSION, installExtensions } from "./harness/extensions.mjs";
import { Hosts, processes, whenGone, whenProcess } from "./harness/host.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { openWindow, startBrowser, startVsCode } from "./harness/vscode.mjs";

const { root, home, prepared } = await enterNamespace(import.meta.url, {
  prepare: async () => ({
    server: await ensureVsCodeServer(),
    chromium: await ensureChromium(),
    claude: await ensureClaudeExtension(),
  }),
});

/** @type {(() => Promise<unknown>)[]} */
const cleanUp = [];
after(async () => {
  for (const step of cleanUp.reverse()) await step();
});

test("a frozen extension host that is killed comes back as another process", { timeout: 60_000 }, async (t) => {
  const clock = stopwatch(t);
  assert.ok((await processes()).length < 10, "only our own processes are visible");

  const folder = `${root}/workspace`;
  await mkdir(folder);
  await writeFile(`${folder}/notes.md`, "# Notes\n");
  const extensionsDir = `${root}/extensions`;
  await installExtensions(extensionsDir, [
    FAULT_EXTENSION,
    ...(prepared.claude.folder ? [prepared.claude.folder] : []),
  ]);
  const hosts = await Hosts.in(`${root}/faults`);

  const code = await startVsCode({
    server: prepared.server,
    extensionsDir,
    userDataDir: `${root}/user`,
    env: hosts.env,
  });
  cleanUp.push(() => code.stop());
  clock("server listens");
  const browser = await startBrowser(prepared.chromium);
  cleanUp.push(() => browser.close());
  clock("browser started");
  const window = await openWindow({ browser, url: code.url, folder });
  clock("window drawn");
  const first = await hosts.next();
  clock("first host activated");
  assert.equal(first.ppid, code.pid);

  const lock = prepared.claude.folder ? await whenIdeLock(home) : null;
  if (lock) {
    assert.equal(lock.pid, code.pid, "the lock names the parent of the host");
    clock("Claude Code listens");
  } else t.diagnostic(`without Claude Code: ${prepared.claude.reason}`);

  await window.openFile("notes.md");
  await window.typeInEditor("unsaved ");
  await window.screenshot("harness-before");
  clock("typed into an editor");

  await hosts.inject("deadlock", {}, { pid: first.pid });
  await whenProcess(first.pid, (facts) => facts?.state === "S" && /futex/.test(facts.wchan), {
    what: "the host freezes",
  });
  clock("host frozen");

  const killedAt = Date.now();
  process.kill(first.pid, "SIGKILL");
  await whenGone(first.pid);
  clock("host killed");
  const second = await hosts.next({ not: [first.pid] });
  clock("second host activated");
  assert.notEqual(second.pid, first.pid);
  assert.equal(second.ppid, code.pid);
  t.diagnostic(
    `after the kill: new process ${second.startedAt - killedAt} ms, active ${second.activatedAt - killedAt} ms`,
  );
  if (lock) {
    const renewed = await whenIdeLock(home, { notPorts: [lock.port] });
    assert.notEqual(renewed.port, lock.port);
    clock("Claude Code listens again");
  }
  assert.match(await window.editorText(), /unsaved/, "unsaved text survives");
  t.diagnostic(`picture: ${await window.screenshot("harness-after")}`);
  assert.equal(await window.modal(), null);
  assert.deepEqual(await window.notifications(), []);

  // The window as a user reads it: status bar, a modal dialog, and the prompt when VS Code's crash budget is spent.
  assert.match((await window.statusOf("status.problems"))?.label ?? "", /Problems/);
  assert.equal(await window.statusOf("nobody.nothing"), null);
  await window.runCommand("View: Close Editor");
  const question = await window.whenModal();
  assert.match(question.message, /save the changes you made to notes\.md/);
  assert.ok(question.buttons.includes("Cancel"));
  await window.answerModal("Cancel");
  clock("read the window");

  process.kill(second.pid, "SIGKILL");
  const third = await hosts.next({ not: [first.pid, second.pid] });
  process.kill(third.pid, "SIGKILL");
  await window.notification(/terminated unexpectedly 3 times/);
  const [prompt] = await window.notifications();
  t.diagnostic(`${prompt.severity}: ${prompt.message} [${prompt.buttons.join("] [")}]`);
  assert.equal(prompt.severity, "error");
  await window.screenshot("harness-budget-spent");
  clock("crash budget spent");

  await window.reload();
  await hosts.next({ not: [first.pid, second.pid, third.pid] });
  clock("page reloaded");
});

/** Prints how long each stage took. @param {import('node:test').TestContext} t */
function stopwatch(t) {
  const start = performance.now();
  let last = start;
  return (/** @type {string} */ what) => {
    const now = performance.now();
    t.diagnostic(`${what}: ${Math.round(now - last)} ms (at ${((now - start) / 1000).toFixed(1)} s)`);
    last = now;
  };
}
