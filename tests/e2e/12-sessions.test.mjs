// Claude's sessions outlive the extension host: a chat panel's is opened again under the same id and not twice, a turn that died goes on, and a frozen window comes back as it was.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { ensureClaudeCli } from "../../scripts/lib/claude-code.mjs";
import {
  activeTerminal,
  cliVariables,
  installCli,
  MAY_USE_IDE,
  openTerminal,
  startCli,
  TERMINAL_SETTINGS,
} from "./harness/claude-cli.mjs";
import { whenFolder } from "./harness/events.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { processes, processFacts } from "./harness/host.mjs";
import { elapse, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => ({ ...(await prepare()), cli: await ensureClaudeCli() }),
});
const { root, home, prepared } = inside;
const skip = prepared.claude.reason ?? prepared.cli.reason ?? false;
const executable = /** @type {string} */ (prepared.cli.executable);
const folder = path.join(root, "sample-project");

/** @type {import('./harness/fake-api.mjs').FakeApi} */ let api;
/** @type {Awaited<ReturnType<typeof startLifeline>>} */ let lifeline;
/** @type {import('./harness/host.mjs').Host} */ let host;
before(async () => {
  if (skip) return;
  api = await startFakeApi();
  const bin = await installCli({ executable, root, home, folder, apiUrl: api.url });
  const settings = { "lifeline.sessions.restore": "automatic" };
  lifeline = await startLifeline(inside, {
    settings: {
      ...TERMINAL_SETTINGS,
      ...settings,
      "terminal.integrated.env.linux": { PATH: `${bin}:${process.env.PATH}` },
    },
  });
  host = lifeline.host;
});
after(async () => {
  await lifeline?.stop();
  await api?.stop();
});

/** @returns {Promise<any[]>} */
async function sessions() {
  const { stdout, stderr } = await lifeline.cli("sessions", "--format", "json");
  assert.ok(stdout, stderr);
  const told = JSON.parse(stdout);
  return told.sessions ?? told;
}

/** Waits until `lifeline sessions` shows a session so. @template T @param {string} id @param {(session: any) => T} wanted @param {string} what @param {number} [atMostMs] */
async function whenSession(id, wanted, what, atMostMs = 30_000) {
  const until = performance.now() + atMostMs;
  for (;;) {
    const all = await sessions();
    const session = all.find((/** @type {any} */ one) => one.sessionId === id);
    if (session && wanted(session)) return session;
    if (performance.now() > until) throw new Error(`${what}: not within ${atMostMs / 1000} s; ${JSON.stringify(all)}`);
    await elapse(300);
  }
}

/**
 * The transcript of a session, once this was said last: the CLI shows an answer before it has written it.
 * @param {string} id @param {string} last @returns {Promise<any[]>}
 */
async function transcript(id, last) {
  const projects = path.join(home, ".claude", "projects");
  for (const project of await readdir(projects)) {
    const folder = path.join(projects, project);
    const file = path.join(folder, `${id}.jsonl`);
    if (!(await readdir(folder)).includes(path.basename(file))) continue;
    const look = async () => {
      const text = await readFile(file, "utf8");
      const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
      const records = lines.filter(Boolean).map((line) => JSON.parse(line));
      return said(records).at(-1) === last && records;
    };
    return whenFolder(folder, look, { what: `in the transcript: ${last}` });
  }
  throw new Error(`no transcript of ${id}`);
}

/** @param {any[]} records */
const said = (records) =>
  records
    .filter((record) => record.type === "user" || record.type === "assistant")
    .map((record) => {
      const { content } = record.message;
      return typeof content === "string"
        ? content
        : content.map((/** @type {any} */ block) => block.text ?? "").join("");
    })
    .filter(Boolean);

test("a chat panel's session, cut in the middle of a turn, goes on under its id", {
  skip,
  timeout: 180_000,
}, async (t) => {
  const id = randomUUID();
  let release = () => {};
  const until = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  api.on("a long story", { text: "Once upon a time there was a host.", until });
  const asked = api.next("a long story");
  const format = ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
  const message = { role: "user", content: [{ type: "text", text: "tell me a long story" }] };
  await lifeline.hosts.inject("child", {
    command: executable,
    args: [...format, "--session-id", id, "--permission-mode", "default"],
    env: { ...cliVariables(api.url), CLAUDE_CODE_ENTRYPOINT: "claude-vscode" },
    cwd: folder,
    say: `${JSON.stringify({ type: "user", message })}\n`,
    log: path.join(root, "panel.log"),
  });
  await asked;
  const before = await whenSession(
    id,
    // Its transcript is written later than its request is sent.
    (session) => session.state === "thinking" && session.lastPrompt === "tell me a long story",
    "the panel's session thinks about the story",
  );
  assert.equal(before.kind, "panel");
  assert.equal((await processFacts(before.pid))?.ppid, host.pid);
  t.diagnostic((await lifeline.cli("sessions")).stdout);

  await lifeline.journal.settled(host.pid);
  process.kill(host.pid, "SIGKILL");
  host = await lifeline.hosts.next({ not: [host.pid] });
  await lifeline.journal.attached(host.pid, "main");
  // Its process goes on without its host. Nobody opens the session beside it.
  await elapse(8_000);
  assert.ok(await processFacts(before.pid), "it is still at work");
  assert.equal((await withSession(id)).length, 1);
  release();
  await whenSession(
    id,
    (session) => session.pid && session.pid !== before.pid && session.kind === "terminal",
    "it is open again",
    60_000,
  );
  assert.equal((await withSession(id)).length, 1, "one process on one session");
  const terminal = activeTerminal(lifeline.window);
  await terminal.whenShows("Once upon a time");
  t.diagnostic(`picture: ${await lifeline.window.screenshot("panel-session-back")}`);

  await terminal.type("and then", { enter: false });
  await terminal.whenShows("and then");
  api.on("and then", { text: "Then it came back." });
  await terminal.press("Enter");
  await terminal.whenShows("Then it came back.");
  const records = await transcript(id, "Then it came back.");
  assert.deepEqual(said(records), [
    "tell me a long story",
    "Once upon a time there was a host.",
    "and then",
    "Then it came back.",
  ]);
  const parents = records.filter((record) => record.uuid && record.parentUuid).map((record) => record.parentUuid);
  assert.equal(new Set(parents).size, parents.length, "one line of history");
  // So that the next test's is the only terminal.
  await lifeline.window.runCommand("Terminal: Kill the Active Terminal Instance");
});

test("a turn that died with the connection goes on after the restart, in its own terminal", {
  skip,
  timeout: 180_000,
}, async (t) => {
  await lifeline.window.reload();
  host = await lifeline.hosts.next({ not: [host.pid] });
  await lifeline.journal.attached(host.pid, "main");
  const ports = (await readdir(path.join(home, ".claude", "ide"))).map((name) => Number.parseInt(name, 10));
  assert.ok(ports.length > 0);
  const options = { executable, root, home, folder, apiUrl: api.url, name: "dying", args: MAY_USE_IDE };
  const cli = await startCli(lifeline.window, options);
  await cli.connected();
  assert.equal((await cli.askIde(api, "before it dies")).isError, false);
  api.on("a question that dies", { status: 400 });
  await cli.prompt("a question that dies");
  await cli.idle();
  const { sessionId } = (await sessions()).find((/** @type {any} */ session) => session.pid === cli.pid);
  await whenSession(sessionId, (session) => session.state === "failed", "its turn has failed");
  t.diagnostic((await lifeline.cli("sessions")).stdout);
  await lifeline.window.runCommand("Lifeline: Show Sessions");
  const row = lifeline.window.page.locator(".pane-body .monaco-list-row", { hasText: "a question that dies" });
  await row.waitFor();
  t.diagnostic(`picture: ${await lifeline.window.screenshot("sessions-view")}`);
  // Another terminal is in front: it must not be the one that is typed into.
  const other = await openTerminal(lifeline.window);

  // The CLI says it together with what was not answered.
  api.on(/continue$/, { text: "On it goes." });
  const goesOn = api.next(/continue$/, { atMostMs: 60_000 });
  process.kill(host.pid, "SIGKILL");
  host = await lifeline.hosts.next({ not: [host.pid] });
  await lifeline.window.page.locator(".pane-body", { hasText: "a question that dies" }).first().waitFor();
  const toast = await lifeline.window.notification(/was cut off in the middle of its answer/, { atMostMs: 60_000 });
  t.diagnostic(`picture: ${await lifeline.window.screenshot("session-cut")}`);
  await toast.press("Continue");
  const request = await goesOn;
  assert.equal(request.sessionId, sessionId);
  await whenSession(sessionId, (session) => session.state === "idle", "its turn is over");
  assert.doesNotMatch(await other.screen(), /continue/);
});

test("a frozen window comes back as it was, and the answer arrives meanwhile", {
  skip,
  timeout: 240_000,
}, async (t) => {
  await lifeline.window.reload();
  host = await lifeline.hosts.next({ not: [host.pid] });
  await lifeline.journal.attached(host.pid, "main");
  for (const name of ["one.ts", "two.ts", "three.ts"]) await writeFile(path.join(folder, name), `// ${name}\n`);
  const { window } = lifeline;
  await window.runCommand("View: Close All Editors");
  await window.openFile("one.ts");
  await window.openFile("two.ts");
  await window.runCommand("View: Split Editor Right");
  await window.openFile("three.ts");
  await window.typeInEditor("// not saved yet ");
  await window.page.locator(".tab.dirty").waitFor();
  const options = { executable, root, home, folder, apiUrl: api.url, name: "at-work", args: MAY_USE_IDE };
  const cli = await startCli(window, options);
  await cli.connected();
  assert.equal((await cli.askIde(api, "before it freezes")).isError, false);
  const tabs = () => window.page.locator(".tab").allInnerTexts();
  const shown = await tabs();
  api.on("think hard", { text: "The answer is 42.", overMs: 25_000 });
  await cli.prompt("think hard");
  const from = (await lifeline.journal.lines()).length;
  await lifeline.journal.settled(host.pid);
  await window.screenshot("before-the-freeze");
  await lifeline.hosts.inject("deadlock");
  const incident = await lifeline.journal.ended(host.pid, "recovered", { from });
  await cli.idle();
  await cli.terminal.whenShows("The answer is 42.");
  assert.deepEqual(await tabs(), shown);
  await window.page.locator(".tab.dirty", { hasText: "three.ts" }).waitFor();
  assert.equal(await window.page.locator(".editor-group-container").count(), 2);
  t.diagnostic(`picture: ${await window.screenshot("after-the-freeze")}`);
  assert.equal((await cli.askIde(api, "after it froze")).isError, false);

  const { stdout } = await lifeline.cli("snapshots", "show", String(incident.id));
  t.diagnostic(stdout);
  assert.match(stdout, /think hard/);
  assert.match(stdout, /claude --resume/);
});

/** Living processes whose arguments name a session. @param {string} id */
async function withSession(id) {
  return (await processes()).filter((facts) => facts.command.includes(id) && facts.state !== "Z");
}
