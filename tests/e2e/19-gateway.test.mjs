// The real CLI against the faulty fake API over TLS, each fault through the gateway and beside it without: who finishes the turn, when, and with how many retries.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { startFakeApi } from "./harness/fake-api.mjs";
import { startHttpProxy } from "./harness/http-proxy.mjs";
import { elapse } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { nothingHung, nothingSecret, prepareRelay, User, unpackProgram } from "./harness/relay-user.mjs";
import { SideBySide } from "./harness/side-by-side.mjs";
import { makeCertificates } from "./harness/tls.mjs";

const HOST = "api.anthropic.com";
const STALL_SECONDS = 15;
const RESET_MS = 20_000;
const LOGIN = "ann:p-of-the-proxy";
const SETTINGS = '{"env": { "FOO": "1" },\n  "cleanupPeriodDays": 99\n}\n';

const inside = await enterNamespace(import.meta.url, { prepare: prepareRelay });
const { root, prepared } = inside;
const skip = prepared.cli.reason ?? false;
const executable = /** @type {string} */ (prepared.cli.executable);

/** @type {import('./harness/relay-user.mjs').World} */ let world;
/** @type {import('./harness/fake-api.mjs').FakeApi} */ let api;
/** @type {User} */ let gateway;
/** @type {User} */ let direct;
/** @type {User[]} */ let others = [];
/** @type {SideBySide} */ let sides;
/** Ten resets take three minutes without the gateway: they go on beside the other tests, for users of their own. @type {ReturnType<SideBySide["turns"]>} */
let tenResets;

/**
 * The same turn of both users at the same time, each with the same fault of its own.
 * @param {string} fault @param {import('./harness/fake-api.mjs').Answer} [answer] @param {{times?: number, atMostMs?: number}} [options]
 */
async function both(fault, answer, options) {
  const [withGateway, without] = await sides.turns(fault, [gateway, direct], { answer, ...options });
  assert.ok(withGateway && without);
  return { withGateway, without };
}

/** A user of a gateway that is on. @param {string} name @param {string} [settings] @param {Record<string, string>} [more] variables */
async function userOfGateway(name, settings, more) {
  const user = new User(world, name, more);
  await user.make(settings);
  await user.serve();
  const on = await user.cli("relay", "on", "--mode", "gateway", "--yes");
  assert.equal(on.code, 0, on.stderr);
  return user;
}

/** The gateway's records, but those of looks and titles. @param {(record: any) => boolean} [which] */
async function exchanges(which = () => true) {
  return (await gateway.records()).filter((record) => record.exchange && which(record));
}

before(async () => {
  if (skip) return;
  const binary = await unpackProgram(prepared, root);
  const { trusted, authority } = await makeCertificates(path.join(root, "tls"), HOST);
  // Here, and nowhere else, the API is on this machine.
  await writeFile(path.join(root, "hosts"), `127.0.0.1 localhost ${HOST}\n`);
  execFileSync("mount", ["--bind", path.join(root, "hosts"), "/etc/hosts"]);
  api = await startFakeApi({ tls: trusted, port: 443 });
  world = { root, binary, executable, authority, stallSeconds: STALL_SECONDS };
  sides = new SideBySide(api);
  direct = new User(world, "direct");
  await direct.make();
  gateway = await userOfGateway("gateway", SETTINGS, { NODE_EXTRA_CA_CERTS: authority });
  others = [await userOfGateway("gateway of another", undefined, { NODE_EXTRA_CA_CERTS: authority })];
  const alone = new User(world, "direct and alone");
  await alone.make();
  const reset = { cut: /** @type {const} */ ({ how: "reset", after: "request" }) };
  tenResets = sides.turns("ten resets", [...others, alone], { answer: reset, times: 10, atMostMs: 260_000 });
  tenResets.catch(() => {});
});
after(async () => {
  for (const user of [gateway, ...others]) await user?.end();
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

test("a stall after the first words is over after the gateway's time, and so is the next", {
  skip,
  timeout: 180_000,
}, async () => {
  const stall = { text: "It stops here.", cut: /** @type {const} */ ({ how: "stall", after: "text" }) };
  const [{ withGateway, without }, [twice]] = await Promise.all([
    both("stall", stall),
    sides.turns("two stalls", [gateway], { answer: stall, times: 2 }),
  ]);
  for (const [stalls, turn] of [withGateway, twice].entries()) {
    assert.equal(turn?.text, "Done.");
    assert.ok((turn?.seconds ?? Number.NaN) < (stalls + 1) * STALL_SECONDS + 30, `${turn?.seconds} s`);
    assert.ok((turn?.retries ?? Number.NaN) <= 2, `${turn?.retries} retries`);
  }
  const asked = api.turns().filter(({ said }) => said.startsWith("stall for gateway"));
  assert.ok(asked.length > 1 && asked.every(({ body }) => body.stream), "the answer is still seen as it comes");
  assert.equal(without.code, null, "without it nothing happens for 300 s");
  assert.ok((await exchanges(({ end }) => end.how === "stalled")).length > 0);
});

test("a stall before the first byte of the answer", { skip, timeout: 180_000 }, async () => {
  api.on("no answer", { cut: { how: "stall", after: "request" } }, { times: 1 });
  const [turn] = await sides.turns("no answer", [gateway]);
  assert.deepEqual([turn?.text, turn?.retries], ["Done.", 0]);
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

test("a proxy with a password that was there is chained to, and put back", { skip, timeout: 180_000 }, async (t) => {
  const proxy = await startHttpProxy(LOGIN);
  t.after(() => proxy.stop());
  const settings = `${JSON.stringify({ env: { HTTPS_PROXY: proxy.url, NO_PROXY: "inside.example" } })}\n`;
  const user = await userOfGateway("gateway behind a proxy", settings, { NODE_EXTRA_CA_CERTS: world.authority });
  t.after(() => user.end());
  const without = new User(world, "direct behind a proxy");
  await without.make(settings);
  assert.match(await readFile(user.settings, "utf8"), /inside\.example,localhost,127\.0\.0\.1,::1/);
  const stall = { text: "It stops here.", cut: /** @type {const} */ ({ how: "stall", after: "text" }) };
  const [turn] = await sides.turns("stall behind a proxy", [user, without], { answer: stall, atMostMs: 50_000 });
  assert.equal(turn?.text, "Done.");
  assert.ok((turn?.retries ?? Number.NaN) <= 2, `${turn?.retries} retries`);
  assert.ok(proxy.tunnels.includes(`${HOST}:443`) && proxy.refused === 0, JSON.stringify(proxy));
  assert.equal((await user.relay()).isChained, true);
  const off = await user.cli("relay", "off", "--yes");
  assert.equal(off.code, 0, off.stderr);
  assert.equal(await readFile(user.settings, "utf8"), settings);
  await nothingHung(user);
  await user.end();
  await nothingSecret(user, [LOGIN.split(":")[1] ?? "", Buffer.from(LOGIN).toString("base64")]);
});

test("ten resets in a row cost the client fewer than ten retries", { skip, timeout: 280_000 }, async () => {
  const [withGateway, without] = await tenResets;
  assert.ok(withGateway && without);
  assert.equal(withGateway.text, "Done.");
  assert.ok(withGateway.retries < without.retries, `${withGateway.retries}, ${without.retries} without`);
});

test("connections that are reset as they are made are an outage", { skip, timeout: 180_000 }, async () => {
  api.resetsConnections = true;
  const back = elapse(RESET_MS).then(() => {
    api.resetsConnections = false;
  });
  const { withGateway, without } = await both("accepted and reset for 20 s");
  await back;
  assert.equal(withGateway.text, "Done.");
  assert.ok(withGateway.retries <= 2, `${withGateway.retries} retries`);
  assert.ok(withGateway.retries < without.retries, `${withGateway.retries}, ${without.retries} without`);
});

test("a certificate that nobody vouches for is told once, in words", { skip, timeout: 180_000 }, async (t) => {
  const user = await userOfGateway("gateway of one who trusts nobody", SETTINGS);
  t.after(() => user.end());
  const [turn] = await sides.turns("certificate error", [user]);
  assert.match(turn?.text ?? "", /certificate/);
  assert.equal(turn?.retries, 0, "it would come to the same");
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

test("nothing hung, and nothing secret is kept", { skip }, async (t) => {
  for (const line of sides.table) t.diagnostic(line);
  for (const user of [gateway, ...others]) {
    await nothingHung(user);
    await user.end();
    await nothingSecret(user, []);
  }
});
