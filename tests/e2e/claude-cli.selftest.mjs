// The fake Messages API does as it is told, and the real Claude Code CLI in a terminal of the real window is connected to the real extension.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { ensureClaudeCli, ensureClaudeExtension } from "../../scripts/lib/claude-code.mjs";
import { ensureChromium } from "../../scripts/lib/system.mjs";
import { ensureVsCodeServer } from "../../scripts/lib/vscode-server.mjs";
import { ideHandshake, whenIdeLock } from "./harness/claude.mjs";
import { connectionEvent, MAY_USE_IDE, startCli, TERMINAL_SETTINGS } from "./harness/claude-cli.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { processFacts } from "./harness/host.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { startPlainWindow } from "./harness/plain-window.mjs";

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => ({
    server: await ensureVsCodeServer(),
    chromium: await ensureChromium(),
    claude: await ensureClaudeExtension(),
    cli: await ensureClaudeCli(),
  }),
});
const { root, home, prepared } = inside;
const skip = prepared.claude.reason ?? prepared.cli.reason ?? false;

/** @type {import('./harness/fake-api.mjs').FakeApi} */
let api;
before(async () => {
  api = await startFakeApi();
});
after(() => api.stop());

/** @param {string} said @param {object} [more] @param {AbortSignal} [signal] */
function ask(said, more = {}, signal) {
  const messages = [{ role: "user", content: [{ type: "text", text: said }] }];
  return fetch(`${api.url}/v1/messages?beta=true`, {
    method: "POST",
    headers: { "x-api-key": "a-secret", authorization: "Bearer a-secret", "content-type": "application/json" },
    signal,
    body: JSON.stringify({ model: "m", stream: true, tools: [{ name: "t" }], messages, ...more }),
  });
}

/** @param {string} text @returns {{type: string, [field: string]: any}[]} */
function events(text) {
  return [...text.matchAll(/^event: (.+)\ndata: (.+)\n\n/gm)].map(([, name, data]) => {
    const event = JSON.parse(data);
    assert.equal(event.type, name);
    return event;
  });
}

test("fake API: a streamed answer with text and a tool", async () => {
  api.on("use it", { text: "One two three.", tools: [{ name: "t", input: { a: 1 } }] });
  const all = events(await (await ask("use it")).text());
  assert.deepEqual(
    all.filter((event) => event.type !== "ping").map((event) => event.type),
    [
      "message_start",
      "content_block_start",
      ...Array(3).fill("content_block_delta"),
      "content_block_stop",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ],
  );
  const deltas = all.flatMap((event) => event.delta ?? []);
  assert.equal(deltas.map((delta) => delta.text ?? "").join(""), "One two three.");
  assert.equal(deltas.map((delta) => delta.partial_json ?? "").join(""), '{"a":1}');
  assert.equal(deltas.at(-1).stop_reason, "tool_use");
});

test("fake API: a plain answer, a count, and what it does not know", async () => {
  const plain = await (await ask("hello", { stream: false })).json();
  assert.deepEqual(plain.content, [{ type: "text", text: "Done." }]);
  const count = await fetch(`${api.url}/v1/messages/count_tokens`, { method: "POST", body: "{}" });
  assert.ok((await count.json()).input_tokens > 0);
  assert.equal((await fetch(`${api.url}/api/unheard-of`)).status, 404);
});

test("fake API: errors, with headers; the newest rule wins and wears out", async () => {
  api.on("again", { text: "Well." });
  api.on("again", { status: 529, headers: { "retry-after": "3" } }, { times: 1 });
  const failed = await ask("again");
  assert.equal(failed.status, 529);
  assert.equal(failed.headers.get("retry-after"), "3");
  assert.equal((await failed.json()).error.type, "overloaded_error");
  assert.match(await (await ask("again")).text(), /Well\./);
  api.on("late error", { errorType: "overloaded_error" });
  assert.equal(events(await (await ask("late error")).text()).at(-1)?.error.type, "overloaded_error");
});

test("fake API: cut, stalled, slow, and held open", async () => {
  for (const how of /** @type {const} */ (["reset", "close"])) {
    for (const where of /** @type {const} */ (["request", "head", "text"])) {
      api.on("cut", { cut: { how, after: where } }, { times: 1 });
      await assert.rejects(
        ask("cut").then((response) => response.text()),
        TypeError,
        `${how} after ${where}`,
      );
      assert.equal(api.requests.at(-1)?.outcome, "cut");
    }
  }

  api.on("stall", { cut: { how: "stall", after: "text" } });
  const reader = (await ask("stall")).body?.getReader();
  let seen = "";
  while (!/text_delta/.test(seen)) seen += new TextDecoder().decode((await reader?.read())?.value);
  assert.equal(api.requests.at(-1)?.outcome, "open");
  await reader?.cancel();
  await api.requests.at(-1)?.ended;
  assert.equal(api.requests.at(-1)?.outcome, "abandoned");

  let release = () => {};
  const until = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  api.on("hold", { text: "a b c", overMs: 20, until, pingMs: 10 });
  const begun = api.next("hold");
  const held = ask("hold").then((response) => response.text());
  assert.equal((await begun).outcome, "open");
  release();
  assert.equal(events(await held).at(-1)?.type, "message_stop");

  api.on("never", { until: new Promise(() => {}) });
  const left = new AbortController();
  const given = await ask("never", {}, left.signal);
  assert.equal(given.status, 200);
  left.abort();
  await api.requests.at(-1)?.ended;
  assert.equal(api.requests.at(-1)?.outcome, "abandoned");
});

test("fake API: what is recorded holds no secret", () => {
  assert.ok(api.requests.length > 0);
  assert.ok(!JSON.stringify(api.requests).includes("a-secret"));
});

test("the debug log's words for a connection are understood", () => {
  const kind = (/** @type {string} */ words) =>
    connectionEvent(`2026-11-21T10:55:29.145Z [DEBUG] MCP server "ide": ${words}`)?.kind;
  assert.equal(kind("Successfully connected (transport: ws-ide) in 113ms"), "connected");
  assert.equal(kind("WebSocket transport closed/disconnected, attempting automatic reconnection"), "closed");
  assert.equal(kind("Giving up after reconnection attempt 5/5"), "gaveUp");
  assert.equal(kind("Calling MCP tool: getDiagnostics"), undefined);
  assert.equal(connectionEvent(""), null);
});

test("the CLI in a terminal of the window: connected, asks the IDE, sees the selection, and notices a cut", {
  timeout: 120_000,
  skip,
}, async (t) => {
  const { window, folder, hosts, host, stop } = await startPlainWindow(inside, { settings: TERMINAL_SETTINGS });
  t.after(stop);
  const lock = await whenIdeLock(home);
  const executable = /** @type {string} */ (prepared.cli.executable);
  await window.openFile("notes.md");
  const cli = await startCli(window, { executable, root, home, folder, apiUrl: api.url, args: MAY_USE_IDE });
  const connected = await cli.connected();
  t.diagnostic(connected.text);
  assert.equal(cli.port, lock.port);
  assert.equal((await processFacts(cli.pid))?.command[0], executable);

  await window.page.locator(".view-lines").first().click();
  await window.page.keyboard.press("ControlOrMeta+A");
  await cli.terminal.whenShows(/line selected|notes\.md/);
  t.diagnostic(`picture: ${await window.screenshot("claude-cli")}`);

  const answer = await cli.askIde(api, "are there problems");
  t.diagnostic(`the IDE answers: ${answer.text}`);
  assert.equal(answer.isError, false);

  api.on("say it twice", { text: "It was cut.", cut: { how: "reset", after: "text" } }, { times: 1 });
  await cli.prompt("say it twice");
  await cli.idle();
  assert.deepEqual(
    api.turns().flatMap((request) => (request.said === "say it twice" ? request.outcome : [])),
    ["cut", "answered"],
    "it asked again by itself",
  );
  // What a heartbeat may do, and what it must never do: otherwise a test that finds no disturbance would prove nothing.
  for (let i = 0; i < 5; i++) assert.equal(await (await ideHandshake(lock.port)).closeCode, 1008);
  assert.equal((await cli.askIde(api, "and after the handshakes")).isError, false);
  const kinds = async () => (await cli.connectionEvents()).map((event) => event.kind);
  assert.deepEqual(await kinds(), ["connecting", "connected"]);
  const intruder = await ideHandshake(lock.port, { token: lock.authToken });
  t.diagnostic(`with the token: ${(await cli.whenConnection("closed")).text}`);
  intruder.leave();
  await cli.connected();
  // Cut while it is still asking for the list of tools, it would not try again at all (FACTS section 3).
  assert.equal((await cli.askIde(api, "and after it came back")).isError, false);

  const before = (await kinds()).length;
  process.kill(host.pid, "SIGKILL");
  await hosts.next({ not: [host.pid] });
  const gaveUp = await cli.whenConnection("gaveUp", { from: before, atMostMs: 60_000 }).catch(async (error) => {
    t.diagnostic((await kinds()).join(" "));
    throw error;
  });
  t.diagnostic(gaveUp.text);
  const afterwards = (await kinds()).slice(before);
  t.diagnostic(afterwards.join(" "));
  assert.equal(afterwards.filter((kind) => kind === "failed").length, 5);
  const log = await readFile(cli.log, "utf8");
  assert.doesNotMatch(log, /sk-ant-dummy/);
});
