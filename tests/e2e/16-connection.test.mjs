// The real CLI's connection to the API breaks in every way there is: the status bar says so while it happens, one message says when a turn is lost, and the
// report counts it right.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { ensureClaudeCli } from "../../scripts/lib/claude-code.mjs";
import { cliVariables, installCli, startCli, TERMINAL_SETTINGS } from "./harness/claude-cli.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

/** The CLI's own setting; it tries ten times where nobody says so. */
const TRIES = 3;
/** The least that the setting takes; a connection is looked at after 20 s. */
const STALLED_AFTER_SECONDS = 10;
/** Answers of 529 in a row. */
const OVERLOADED = 2;
/** Beside those of real turns, for the time from the transcript to the status bar. */
const BY_HAND = [7, 8, 9];

const STATUS = "lifeline-dev.lifeline.status";

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => ({ ...(await prepare()), cli: await ensureClaudeCli() }),
});
const { root, home, prepared } = inside;
const skip = prepared.claude.reason ?? prepared.cli.reason ?? false;
const executable = /** @type {string} */ (prepared.cli.executable);
const projects = path.join(home, ".claude", "projects");
const variables = { CLAUDE_CODE_MAX_RETRIES: String(TRIES) };

/** @type {import('./harness/fake-api.mjs').FakeApi} */ let api;
/** @type {Awaited<ReturnType<typeof startLifeline>>} */ let lifeline;
before(async () => {
  if (skip) return;
  api = await startFakeApi();
  // The panel's sessions find their key approved.
  await installCli({ executable, root, home, folder: path.join(root, "sample-project"), apiUrl: api.url });
  lifeline = await startLifeline(inside, {
    settings: { ...TERMINAL_SETTINGS, "lifeline.connection.stalledAfter": STALLED_AFTER_SECONDS },
  });
});
after(async () => {
  await lifeline?.stop();
  await api?.stop();
});

/** Waits until the status bar item reads so. @param {RegExp} words @param {number} [atMostMs] */
async function whenStatus(words, atMostMs = 60_000) {
  const item = lifeline.window.statusItem(STATUS).filter({ hasText: words });
  await item.waitFor({ timeout: atMostMs }).catch(async (error) => {
    const now = await lifeline.window.statusOf(STATUS);
    throw new Error(`${words}: it reads “${now?.text}”; ${(await lifeline.cli("status")).stdout}`, { cause: error });
  });
  return (await lifeline.window.statusOf(STATUS))?.text;
}

/** The transcript of a session. @param {string} id */
async function transcriptOf(id) {
  for (const project of await readdir(projects)) {
    const files = await readdir(path.join(projects, project));
    if (files.includes(`${id}.jsonl`)) return path.join(projects, project, `${id}.jsonl`);
  }
  throw new Error(`there is no transcript of ${id}`);
}

/** @param {string} id @returns {Promise<any[]>} */
async function records(id) {
  const text = await readFile(await transcriptOf(id), "utf8");
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.filter(Boolean).map((line) => JSON.parse(line));
}

/** @param {string} id */
const errorsOf = async (id) => (await records(id)).filter(({ subtype }) => subtype === "api_error");

/** A chat panel's session: a child of the extension host that speaks stream-json. @param {string} prompt @returns {Promise<string>} its id */
async function panel(prompt) {
  const id = randomUUID();
  const message = { role: "user", content: [{ type: "text", text: prompt }] };
  const format = ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
  await lifeline.hosts.inject("child", {
    command: executable,
    args: [...format, "--session-id", id, "--permission-mode", "default"],
    env: { ...cliVariables(api.url), ...variables, CLAUDE_CODE_ENTRYPOINT: "claude-vscode" },
    cwd: lifeline.folder,
    say: `${JSON.stringify({ type: "user", message })}\n`,
    log: path.join(root, `${id}.log`),
  });
  return id;
}

test("reset before the answer: retries are counted down, and an answer ends it", {
  skip,
  timeout: 120_000,
}, async (t) => {
  api.on("reset before", { cut: { how: "reset", after: "request" } }, { times: TRIES });
  const id = await panel("reset before the answer");
  t.diagnostic(`it reads: ${await whenStatus(/Claude: connection lost, retrying 3\/3 in \d+ s/)}`);
  t.diagnostic(`picture: ${await lifeline.window.screenshot("retrying")}`);
  t.diagnostic(`it reads: ${await whenStatus(/Claude: connected again/)}`);
  assert.equal((await errorsOf(id)).length, TRIES);
  assert.deepEqual(await lifeline.window.notifications(), [], "never a message for a retry");
});

test("reset in mid-stream", { skip, timeout: 120_000 }, async (t) => {
  api.on("reset in mid", { text: "It breaks off.", cut: { how: "reset", after: "text" } }, { times: TRIES });
  const id = await panel("reset in mid-stream");
  t.diagnostic(`it reads: ${await whenStatus(/Claude: connection lost, retrying [23]/)}`);
  await whenStatus(/Claude: connected again/);
  assert.equal((await errorsOf(id)).length, TRIES);
});

test("529: the API is overloaded; from the transcript to the status bar", { skip, timeout: 120_000 }, async (t) => {
  // The third in a row is the CLI's last, however many it may make.
  api.on("too busy", { status: 529 }, { times: OVERLOADED });
  const id = await panel("too busy for me");
  t.diagnostic(`it reads: ${await whenStatus(/Claude: API overloaded \(529\), retrying/)}`);
  t.diagnostic(`picture: ${await lifeline.window.screenshot("overloaded")}`);
  await whenStatus(/Claude: connected again/);
  const all = await records(id);
  const error = all.findLast(({ subtype }) => subtype === "api_error");
  const prompt = all.findLast(({ type }) => type === "user");
  for (const attempt of BY_HAND) {
    const shown = lifeline.window.page.evaluate(
      ({ selector, words }) =>
        new Promise((resolve) => {
          const look = () => document.querySelector(selector)?.textContent?.includes(words) && resolve(Date.now());
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
          look();
        }),
      { selector: `.part.statusbar [id="${STATUS}"]`, words: `retrying ${attempt}/10` },
    );
    const timestamp = new Date().toISOString();
    const asked = { ...prompt, uuid: randomUUID(), timestamp };
    const failed = {
      ...error,
      uuid: randomUUID(),
      timestamp,
      retryAttempt: attempt,
      maxRetries: 10,
      retryInMs: 60_000,
    };
    const written = Date.now();
    await appendFile(await transcriptOf(id), `${JSON.stringify(asked)}\n${JSON.stringify(failed)}\n`);
    t.diagnostic(`append → status bar: ${Number(await shown) - written} ms`);
  }
  const timestamp = new Date().toISOString();
  const answer = { ...all.findLast(({ type }) => type === "assistant"), uuid: randomUUID(), timestamp };
  await appendFile(await transcriptOf(id), `${JSON.stringify(answer)}\n`);
  await whenStatus(/Claude: connected again/);
});

test("in a terminal: attempts are counted, no attempt is left, it is said once, and Continue goes on", {
  skip,
  timeout: 240_000,
}, async (t) => {
  const options = { executable, root, home, folder: lifeline.folder, apiUrl: api.url, env: variables };
  const cli = await startCli(lifeline.window, options);
  await cli.connected();
  await cli.prompt("is all well");
  await cli.idle();
  api.on("until the end", { cut: { how: "reset", after: "request" } });
  api.on("continue", { text: "Gone on." });
  await cli.prompt("until the end of all tries");
  // An interactive session writes no record of a failed attempt (2.1.329); that the request is made again is known all the same.
  // Within a minute it is the fourth with trouble: a storm.
  t.diagnostic(`it reads: ${await whenStatus(/Claude: connection lost in \d sessions, attempt [234]/)}`);
  const died = await lifeline.window.notification(/died/, { atMostMs: 90_000 });
  t.diagnostic(died.text);
  t.diagnostic(`it reads: ${await whenStatus(/Claude: turn died/)}`);
  t.diagnostic(`picture: ${await lifeline.window.screenshot("died")}`);
  t.diagnostic((await lifeline.cli("status")).stdout);
  const asked = api.next("continue");
  await died.press("Continue");
  await asked;
  await whenStatus(/^(?!.*died)/);
  await cli.terminal.whenShows("Gone on.");

  api.on("not a byte", { text: "It stops here.", cut: { how: "stall", after: "text" } });
  await cli.prompt("not a byte more");
  const stalled = await lifeline.window.notification(/nothing has come/, { atMostMs: 60_000 });
  t.diagnostic(stalled.text);
  t.diagnostic(`it reads: ${await whenStatus(/Claude: no answer for \d+ s/)}`);
  t.diagnostic(`picture: ${await lifeline.window.screenshot("stalled")}`);
  t.diagnostic((await lifeline.cli("status")).stdout);
  await stalled.press("Explain");
  const explained = lifeline.window.webview().locator("body").filter({ hasText: "Did it cost tokens?" });
  await explained.waitFor({ timeout: 30_000 });
  t.diagnostic(`it is explained: ${(await explained.locator("h1").textContent())?.trim()}`);
  t.diagnostic(`picture: ${await lifeline.window.screenshot("explained-stall")}`);
  await lifeline.window.runCommand("View: Close All Editors");
  await cli.terminal.press("Escape");
  await whenStatus(/^(?!.*no answer)/);
});

test("the report counts what was recorded", { skip, timeout: 60_000 }, async (t) => {
  const { errors, unexplainedRetries } = JSON.parse((await lifeline.cli("report", "--format", "json")).stdout);
  t.diagnostic(JSON.stringify([errors.byCode, errors.byStatus, errors.retries]));
  assert.equal(errors.total, 2 * TRIES + OVERLOADED + BY_HAND.length);
  assert.deepEqual([errors.byStatus[0].status, errors.byStatus[0].count], [529, OVERLOADED + BY_HAND.length]);
  assert.deepEqual([errors.byCode[0].code, errors.byCode[0].count], ["ECONNRESET", 2 * TRIES]);
  assert.equal(errors.turnsDied, 1);
  assert.deepEqual(unexplainedRetries, { count: TRIES, sessionsAffected: 1 }, "those of the terminal");
  assert.equal(errors.retriesExhausted, 2, "two came to the last attempt, and were answered");
});

test("the relay: turned on from the palette, an outage that it waits out is in the status bar, its end is said once, and it is turned off", {
  skip,
  timeout: 240_000,
}, async (t) => {
  const { window } = lifeline;
  const settings = path.join(home, ".claude", "settings.json");
  const before = await readFile(settings, "utf8").catch(() => undefined);
  // Here, and nowhere else, the API is on this machine; and nobody listens there.
  const hosts = path.join(root, "hosts");
  await writeFile(hosts, "127.0.0.1 localhost api.anthropic.com\n");
  execFileSync("mount", ["--bind", hosts, "/etc/hosts"]);
  await window.runCommand("Notifications: Clear All Notifications");

  await window.runCommand("Lifeline: Turn Relay On/Off");
  assert.equal((await window.pick("Tunnel")).length, 2);
  const asked = await window.whenModal({ atMostMs: 60_000 });
  assert.match(asked.message, /Turn the relay on\?/);
  await window.page.locator(".monaco-diff-editor .view-line", { hasText: "HTTPS_PROXY" }).first().waitFor();
  t.diagnostic(`picture: ${await window.screenshot("relay-on")}`);
  await window.answerModal("Turn On");
  const on = await window.notification(/the relay is on/i, { atMostMs: 60_000 });
  t.diagnostic(on.text);
  await on.dismiss();
  const { port, isUsed } = JSON.parse((await lifeline.cli("relay", "status", "--format", "json")).stdout);
  assert.equal(isUsed, true);

  const client = connect(port, "127.0.0.1");
  const answered = once(client, "data");
  client.write("CONNECT api.anthropic.com:443 HTTP/1.1\r\n\r\n");
  t.diagnostic(`it reads: ${await whenStatus(/Claude: connection lost, retrying [2345]\/5 in \d+ s/)}`);
  t.diagnostic(`picture: ${await window.screenshot("relay-waits")}`);
  const unreachable = await window.notification(/could not be made/, { atMostMs: 90_000 });
  t.diagnostic(unreachable.text);
  t.diagnostic(`picture: ${await window.screenshot("relay-gave-up")}`);
  assert.match(String((await answered)[0]), /^HTTP\/1\.1 50[24] /);
  client.destroy();
  await whenStatus(/^(?!.*retrying)/);
  // The client's next attempt fails as well, and that is no news.
  const again = connect(port, "127.0.0.1");
  again.write("CONNECT api.anthropic.com:443 HTTP/1.1\r\n\r\n");
  await once(again, "data");
  again.destroy();
  await unreachable.dismiss();
  assert.ok((await window.notifications()).every(({ message }) => !message.includes("could not be made")));

  await window.runCommand("Lifeline: Turn Relay On/Off");
  assert.match((await window.whenModal({ atMostMs: 60_000 })).message, /Turn the relay off\?/);
  await window.answerModal("Turn Off");
  await window.notification(/the relay is off/i, { atMostMs: 60_000 });
  assert.equal(await readFile(settings, "utf8").catch(() => undefined), before, "the settings are as they were");
});

test("the relay as a gateway: its change is another one, and taken back as well", {
  skip,
  timeout: 240_000,
}, async (t) => {
  const { window } = lifeline;
  const settings = path.join(home, ".claude", "settings.json");
  const before = await readFile(settings, "utf8").catch(() => undefined);
  await window.runCommand("Notifications: Clear All Notifications");
  await window.runCommand("Lifeline: Turn Relay On/Off");
  await window.pick("Gateway");
  assert.match((await window.whenModal({ atMostMs: 60_000 })).message, /Turn the relay on\?/);
  await window.page.locator(".monaco-diff-editor .view-line", { hasText: "ANTHROPIC_BASE_URL" }).first().waitFor();
  t.diagnostic(`picture: ${await window.screenshot("relay-gateway")}`);
  await window.answerModal("Turn On");
  await (await window.notification(/the relay is on/i, { atMostMs: 60_000 })).dismiss();
  const { mode, upstream, isUsed } = JSON.parse((await lifeline.cli("relay", "status", "--format", "json")).stdout);
  assert.deepEqual([mode, upstream, isUsed], ["gateway", "https://api.anthropic.com", true]);
  await window.runCommand("Lifeline: Turn Relay On/Off");
  await window.answerModal("Turn Off");
  await window.notification(/the relay is off/i, { atMostMs: 60_000 });
  assert.equal(await readFile(settings, "utf8").catch(() => undefined), before, "the settings are as they were");
});
