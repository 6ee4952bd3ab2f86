// The real CLI against the faulty fake API over TLS, each fault through the gateway and beside it without: who finishes the turn, when, and with how many retries.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { ensureClaudeCli } from "../../scripts/lib/claude-code.mjs";
import { zipEntries } from "../../scripts/lib/unzip.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { newestVsix } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { nothingSecret, User } from "./harness/relay-user.mjs";
import { makeCertificates } from "./harness/tls.mjs";

const HOST = "api.anthropic.com";
const STALL_SECONDS = 15;
const SETTINGS = '{"env": { "FOO": "1" },\n  "cleanupPeriodDays": 99\n}\n';

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => ({
    binary: process.env.LIFELINE_E2E_BINARY ?? null,
    vsix: process.env.LIFELINE_E2E_BINARY ? null : await newestVsix(),
    cli: await ensureClaudeCli(),
  }),
});
const { root, prepared } = inside;
const skip = prepared.cli.reason ?? false;
const executable = /** @type {string} */ (prepared.cli.executable);

/** @type {import('./harness/relay-user.mjs').World} */ let world;
/** @type {import('./harness/fake-api.mjs').FakeApi} */ let api;
/** @type {User} */ let gateway;
/** @type {User} */ let direct;
/** @type {string[]} */
const table = [];

/**
 * The same turn of both users at the same time, each with the same fault of its own.
 * @param {string} fault @param {import('./harness/fake-api.mjs').Answer} [answer] @param {{times?: number, atMostMs?: number}} [options]
 */
async function both(fault, answer, { times = 1, atMostMs } = {}) {
  const users = [gateway, direct];
  const prompt = (/** @type {User} */ user) => `${fault} for ${user.name}, prompt-of-this-test`;
  if (answer) for (const user of users) api.on(prompt(user), answer, { times });
  const turns = await Promise.all(users.map((user) => user.turn(prompt(user), { atMostMs })));
  for (const [i, turn] of turns.entries()) {
    const asked = api.turns().filter(({ said }) => said.includes(prompt(/** @type {User} */ (users[i]))));
    const how = asked.map(({ body }) => (body.stream ? "stream" : "plain")).join(" ");
    note(fault, `${i === 0 ? "gateway" : "direct"} (asked: ${how})`, turn);
  }
  return { withGateway: turns[0], without: turns[1] };
}

/** @param {string} fault @param {string} who @param {Awaited<ReturnType<User["turn"]>>} turn */
function note(fault, who, { code, text, seconds, retries }) {
  const ended = code === null ? "hangs" : `${code === 0 ? "finished" : "failed"}: ${text.slice(0, 100)}`;
  table.push(`${fault}, ${who}: ${ended} after ${seconds.toFixed(1)} s with ${retries} retries`);
}

/** The gateway's records, but those of looks and titles. @param {(record: any) => boolean} [which] */
async function exchanges(which = () => true) {
  return (await gateway.records()).filter((record) => record.exchange && which(record));
}

before(async () => {
  if (skip) return;
  const binary = prepared.binary ?? path.join(root, "lifeline");
  if (prepared.vsix) {
    const entry = zipEntries(await readFile(prepared.vsix)).find(({ name }) => name === "extension/bin/lifeline");
    assert.ok(entry, "the program is in the VSIX");
    await writeFile(binary, entry.read(), { mode: 0o755 });
  }
  const { trusted, authority } = await makeCertificates(path.join(root, "tls"), HOST);
  // Here, and nowhere else, the API is on this machine.
  await writeFile(path.join(root, "hosts"), `127.0.0.1 localhost ${HOST}\n`);
  execFileSync("mount", ["--bind", path.join(root, "hosts"), "/etc/hosts"]);
  api = await startFakeApi({ tls: trusted, port: 443 });
  world = { root, binary, executable, authority, stallSeconds: STALL_SECONDS };
  gateway = new User(world, "gateway", { NODE_EXTRA_CA_CERTS: authority });
  direct = new User(world, "direct");
  await direct.make();
  await gateway.make(SETTINGS);
  await gateway.serve();
  const on = await gateway.cli("relay", "on", "--mode", "gateway", "--yes");
  assert.equal(on.code, 0, on.stderr);
});
after(async () => {
  await gateway?.end();
  await api?.stop();
});

test("on: Claude Code's settings lead to it, by its base URL alone", { skip }, async () => {
  const { port, mode, isListening, isUsed } = await gateway.relay();
  assert.deepEqual([mode, isListening, isUsed], ["gateway", true, true]);
  const { env } = JSON.parse(await readFile(gateway.settings, "utf8"));
  assert.deepEqual(env, { FOO: "1", ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` });
  const tunnel = await gateway.cli("relay", "on", "--yes");
  assert.notEqual(tunnel.code, 0, "one way at a time");
  assert.match(tunnel.stderr, /lifeline relay off/);
});

test("web pages, and those who mean another, are refused", { skip }, async () => {
  const { port } = await gateway.relay();
  const status = async (/** @type {Record<string, string>} */ headers) => {
    const asked = request({ host: "127.0.0.1", port, path: "/v1/models", headers, agent: false }).end();
    const [answer] = await once(asked, "response");
    answer.resume();
    return answer.statusCode;
  };
  assert.equal(await status({}), 200);
  assert.equal(await status({ Origin: "https://evil.example" }), 403);
  assert.equal(await status({ Host: "evil.example" }), 421);
});

test("no fault: the answer comes, and its record says which it was", { skip, timeout: 120_000 }, async () => {
  const { withGateway, without } = await both("no fault");
  assert.deepEqual([withGateway.text, withGateway.retries], ["Done.", 0]);
  assert.deepEqual([without.text, without.retries], ["Done.", 0]);
  const [record] = await exchanges(({ exchange }) => exchange.tokens);
  assert.ok(record, "tokens were told");
  const { end, host, exchange } = record;
  assert.deepEqual([end.how, host, exchange.status, exchange.reachedServer], ["answered", HOST, 200, true]);
  assert.match(exchange.requestId, /^req_\d+$/);
  assert.equal(exchange.tokens.input, 10);
  assert.match(exchange.session, /^[0-9a-f-]{36}$/);
});

test("a stall after the first words is over after the gateway's time", { skip, timeout: 180_000 }, async () => {
  const { withGateway, without } = await both("stall", {
    text: "It stops here.",
    cut: { how: "stall", after: "text" },
  });
  assert.equal(withGateway.text, "Done.");
  assert.ok(withGateway.seconds < STALL_SECONDS + 30, `${withGateway.seconds} s`);
  assert.ok(withGateway.retries <= 2, `${withGateway.retries} retries`);
  assert.equal(without.code, null, "without it nothing happens for 300 s");
  assert.ok((await exchanges(({ end }) => end.how === "stalled")).length > 0);
});

test("a stall before the first byte of the answer", { skip, timeout: 180_000 }, async () => {
  api.on("no answer", { cut: { how: "stall", after: "request" } }, { times: 1 });
  const turn = await gateway.turn("no answer, prompt-of-this-test");
  note("no answer at all", "gateway", turn);
  assert.deepEqual([turn.text, turn.retries], ["Done.", 0]);
  const [record] = await exchanges(({ exchange }) => exchange.before?.end?.how === "stalled");
  assert.deepEqual([record?.end.how, record?.exchange.billedAgain], ["answered", 1]);
});

test("a reset before the answer: the client notices nothing", { skip, timeout: 180_000 }, async () => {
  const { withGateway, without } = await both("reset before the answer", { cut: { how: "reset", after: "request" } });
  assert.deepEqual([withGateway.text, withGateway.retries], ["Done.", 0]);
  assert.equal(without.text, "Done.");
  const [record] = await exchanges(({ exchange }) => exchange.before?.end?.how === "reset");
  assert.deepEqual([record?.end.how, record?.exchange.billedAgain], ["answered", 1]);
});

test("a reset in mid-answer", { skip, timeout: 180_000 }, async () => {
  const answer = { text: "It breaks here.", cut: /** @type {const} */ ({ how: "reset", after: "text" }) };
  const { withGateway } = await both("reset in mid-answer", answer);
  assert.equal(withGateway.text, "Done.");
  assert.ok(withGateway.retries <= 2, `${withGateway.retries} retries`);
  const [record] = await exchanges(({ end }) => end.how === "reset");
  assert.match(record?.exchange.requestId ?? "", /^req_/);
});

test("a half-close in mid-answer", { skip, timeout: 180_000 }, async () => {
  const answer = { text: "It breaks here.", cut: /** @type {const} */ ({ how: "close", after: "text" }) };
  const { withGateway } = await both("half-close", answer);
  assert.equal(withGateway.text, "Done.");
  assert.ok(withGateway.retries <= 2, `${withGateway.retries} retries`);
});

test("overloaded, with a time to come back: waited for", { skip, timeout: 180_000 }, async () => {
  const answer = { status: 529, headers: { "retry-after": "2" } };
  const { withGateway, without } = await both("529 with retry-after", answer, { times: 2 });
  assert.deepEqual([withGateway.text, withGateway.retries], ["Done.", 0]);
  assert.ok(without.retries > 0, `${without.retries} retries`);
});

test("ten resets in a row cost the client fewer than ten retries", { skip, timeout: 240_000 }, async () => {
  const { withGateway, without } = await both(
    "ten resets",
    { cut: { how: "reset", after: "request" } },
    { times: 10, atMostMs: 200_000 },
  );
  assert.equal(withGateway.text, "Done.");
  assert.ok(withGateway.retries < without.retries, `${withGateway.retries}, ${without.retries} without`);
});

test("a certificate that nobody vouches for is told once, in words", { skip, timeout: 180_000 }, async (t) => {
  const user = new User(world, "untrusting");
  await user.make(SETTINGS);
  await user.serve();
  t.after(() => user.end());
  assert.equal((await user.cli("relay", "on", "--mode", "gateway", "--yes")).code, 0);
  const turn = await user.turn("certificate error, prompt-of-this-test");
  note("certificate error", "gateway", turn);
  assert.match(turn.text, /certificate/);
  assert.equal(turn.retries, 0, "it would come to the same");
  assert.ok((await user.records()).every(({ end, attempts }) => end.how === "certificate" && attempts === 1));
  const off = await user.cli("relay", "off", "--yes");
  assert.equal(off.code, 0, off.stderr);
  assert.equal(await readFile(user.settings, "utf8"), SETTINGS);
});

test("off: the settings are as they were, and who knows no other way still gets through", {
  skip,
  timeout: 60_000,
}, async () => {
  const { port } = await gateway.relay();
  const off = await gateway.cli("relay", "off", "--yes");
  assert.equal(off.code, 0, off.stderr);
  assert.equal(await readFile(gateway.settings, "utf8"), SETTINGS);
  const answer = await fetch(`http://127.0.0.1:${port}/v1/models`);
  assert.equal(answer.status, 200);
});

test("nothing secret is kept", { skip }, async (t) => {
  await gateway.end();
  await nothingSecret(gateway, []);
  for (const line of table) t.diagnostic(line);
});
