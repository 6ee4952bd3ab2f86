// The real CLI over TLS against the faulty fake API, each fault with the relay and beside it without: who finishes the turn, when, and with how many retries.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { ensureClaudeCli } from "../../scripts/lib/claude-code.mjs";
import { zipEntries } from "../../scripts/lib/unzip.mjs";
import { cliVariables } from "./harness/claude-cli.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { startHttpProxy } from "./harness/http-proxy.mjs";
import { elapse, newestVsix } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { isRetry, nothingSecret, parsed, User } from "./harness/relay-user.mjs";
import { makeCertificates } from "./harness/tls.mjs";

const HOST = "api.anthropic.com";
const STALL_SECONDS = 15;
const REFUSED_MS = 20_000;
const LOGIN = "ann:p-of-the-proxy";

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
/** @type {Awaited<ReturnType<typeof makeCertificates>>} */ let certificates;
/** @type {import('./harness/fake-api.mjs').FakeApi} */ let api;
/** @type {User} */ let relayed;
/** @type {User} */ let direct;
/** @type {{fault: string, who: string, ended: string, seconds: string, retries: number}[]} */
const table = [];

/** The same turn of both users at the same time. @param {string} fault @param {{trusts?: boolean, atMostMs?: number}} [options] */
async function both(fault, options) {
  const turns = await Promise.all([relayed, direct].map((user) => user.turn(`${fault}, prompt-of-this-test`, options)));
  for (const [i, { code, text, seconds, retries }] of turns.entries()) {
    const ended = code === null ? "hangs" : code === 0 ? `finished: ${text}` : `failed: ${text.slice(0, 60)}`;
    const who = i === 0 ? "relay" : "direct";
    table.push({ fault, who, ended, seconds: seconds.toFixed(1), retries });
  }
  return { withRelay: turns[0], without: turns[1] };
}

before(async () => {
  if (skip) return;
  const binary = prepared.binary ?? path.join(root, "lifeline");
  if (prepared.vsix) {
    const entry = zipEntries(await readFile(prepared.vsix)).find(({ name }) => name === "extension/bin/lifeline");
    assert.ok(entry, "the program is in the VSIX");
    await writeFile(binary, entry.read(), { mode: 0o755 });
  }
  certificates = await makeCertificates(path.join(root, "tls"), HOST);
  // Here, and nowhere else, the API is on this machine.
  await writeFile(path.join(root, "hosts"), `127.0.0.1 localhost ${HOST}\n`);
  execFileSync("mount", ["--bind", path.join(root, "hosts"), "/etc/hosts"]);
  api = await startFakeApi({ tls: certificates.trusted, port: 443 });
  world = { root, binary, executable, authority: certificates.authority, stallSeconds: STALL_SECONDS };
  relayed = new User(world, "relayed");
  direct = new User(world, "direct");
  await direct.make();
  await relayed.make(SETTINGS);
  await relayed.serve();
  const on = await relayed.cli("relay", "on", "--yes");
  assert.equal(on.code, 0, on.stderr);
});
after(async () => {
  await relayed?.end();
  await api?.stop();
});

const SETTINGS = '{"env": { "FOO": "1" },\n  "cleanupPeriodDays": 99\n}\n';

test("on: Claude Code's settings lead to it, and keep the loopback out", { skip }, async () => {
  const { port, mode, isListening, isUsed, stallAfterSeconds } = await relayed.relay();
  assert.deepEqual([mode, isListening, isUsed, stallAfterSeconds], ["tunnel", true, true, STALL_SECONDS]);
  const text = await readFile(relayed.settings, "utf8");
  assert.ok(text.includes(`"HTTPS_PROXY": "http://127.0.0.1:${port}"`), text);
  assert.match(text, /"NO_PROXY": "localhost,127\.0\.0\.1,::1"/);
  const again = await relayed.cli("relay", "on", "--yes");
  assert.equal(again.code, 0, again.stderr);
  assert.equal(await readFile(relayed.settings, "utf8"), text, "a second time changes nothing");
});

test("another user, a web page and nonsense are refused", { skip }, async (t) => {
  const { port } = await relayed.relay();
  const asks = (/** @type {string} */ head, /** @type {object} */ who) => {
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf '${head}' >&3; head -1 <&3`;
    return execFileSync("bash", ["-c", script], { encoding: "utf8", env: { PATH: process.env.PATH }, ...who }).trim();
  };
  const tunnel = `CONNECT ${HOST}:443 HTTP/1.1\\r\\n`;
  assert.match(asks(`${tunnel}\\r\\n`, {}), /^HTTP\/1\.1 200 /);
  assert.match(asks(`${tunnel}Origin: https://evil.example\\r\\n\\r\\n`, {}), /^HTTP\/1\.1 403 /);
  assert.match(asks(`${tunnel}Host: evil.example\\r\\n\\r\\n`, {}), /^HTTP\/1\.1 400 /);
  try {
    assert.match(asks(`${tunnel}\\r\\n`, { uid: 65534, gid: 65534, cwd: "/" }), /^HTTP\/1\.1 403 /);
  } catch (error) {
    // In a namespace of an ordinary user there is no other user.
    if (/** @type {any} */ (error).code !== "EINVAL") throw error;
    t.diagnostic("no other user can be had here");
  }
});

test("no fault: the answer comes through the relay", { skip, timeout: 120_000 }, async () => {
  const { withRelay, without } = await both("no fault");
  assert.deepEqual([withRelay.text, withRelay.retries], ["Done.", 0]);
  assert.deepEqual([without.text, without.retries], ["Done.", 0]);
  const records = await relayed.records();
  assert.ok(
    records.some(({ host, isApi, bytesDown }) => host === HOST && isApi && bytesDown > 1000),
    JSON.stringify(records),
  );
});

test("a stall after the first words is over after the relay's time", { skip, timeout: 180_000 }, async () => {
  api.on("stall", { text: "It stops here.", cut: { how: "stall", after: "text" } }, { times: 2 });
  const { withRelay, without } = await both("stall after the first delta");
  assert.equal(withRelay.text, "Done.");
  assert.ok(withRelay.seconds < STALL_SECONDS + 30, `${withRelay.seconds} s`);
  assert.ok(withRelay.retries <= 2, `${withRelay.retries} retries`);
  assert.equal(without.code, null, "without it nothing happens for 300 s");
  const ends = (await relayed.records()).map(({ end }) => end.how);
  assert.ok(ends.includes("silent"), ends.join(" "));
});

test("a stall before the first byte of the answer", { skip, timeout: 180_000 }, async () => {
  api.on("no answer", { cut: { how: "stall", after: "request" } }, { times: 2 });
  const { withRelay } = await both("no answer at all");
  assert.equal(withRelay.text, "Done.");
  assert.ok(withRelay.retries <= 2, `${withRelay.retries} retries`);
  // Of TLS 1.3 two tickets come down behind the request: whether anything of the answer has come cannot be told from outside.
  const ended = (await relayed.records()).filter(({ end }) => end.how === "stalled" || end.how === "silent");
  assert.ok(ended.length >= 2, JSON.stringify(ended));
});

test("a reset before the answer", { skip, timeout: 180_000 }, async () => {
  api.on("reset before", { cut: { how: "reset", after: "request" } }, { times: 2 });
  const { withRelay, without } = await both("reset before the answer");
  assert.deepEqual([withRelay.text, without.text], ["Done.", "Done."]);
  assert.ok(withRelay.retries <= 2, `${withRelay.retries} retries`);
  const resets = (await relayed.records()).filter(({ end }) => end.how === "reset" && end.by === "server");
  assert.ok(resets.length > 0, "the record says who reset it");
});

test("refused for 20 s: waited out", { skip, timeout: 180_000 }, async () => {
  await api.stop();
  const back = elapse(REFUSED_MS).then(() => api.listen(443));
  const { withRelay, without } = await both("refused for 20 s");
  await back;
  assert.equal(withRelay.text, "Done.");
  assert.ok(withRelay.retries <= 2, `${withRelay.retries} retries`);
  assert.ok(withRelay.retries < without.retries, `${withRelay.retries} retries, ${without.retries} without`);
  assert.ok((await relayed.records()).some(({ attempts }) => attempts > 1));
});

test("idle between two requests: the next one finds another connection", { skip, timeout: 180_000 }, async () => {
  // One process, with a pause that is longer than the relay's patience.
  const { ANTHROPIC_BASE_URL: _, ...variables } = cliVariables("");
  const env = { ...relayed.env, ...variables, NODE_EXTRA_CA_CERTS: certificates.authority };
  const id = randomUUID();
  const format = ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
  const child = spawn(executable, ["-p", ...format, "--session-id", id], {
    env,
    cwd: path.join(relayed.home, "project"),
  });
  let results = 0;
  const done = new Promise((resolve, reject) => {
    let told = "";
    const ask = (/** @type {string} */ text) => {
      const message = { role: "user", content: [{ type: "text", text }] };
      child.stdin.write(`${JSON.stringify({ type: "user", message })}\n`);
    };
    child.once("close", () => reject(new Error("it ended")));
    child.stdout.on("data", (chunk) => {
      told += chunk;
      const count = [...told.matchAll(/"type":"result"/g)].length;
      if (count === results) return;
      results = count;
      if (results === 1) setTimeout(ask, (STALL_SECONDS + 5) * 1000, "idle, once more");
      else resolve(undefined);
    });
    ask("idle, at first");
  });
  await done;
  child.kill();
  const projects = path.join(relayed.config, "projects");
  const [project = ""] = await readdir(projects);
  const text = await readFile(path.join(projects, project, `${id}.jsonl`), "utf8");
  assert.equal(text.split("\n").filter(Boolean).flatMap(parsed).filter(isRetry).length, 0);
});

test("a certificate that nobody vouches for is the client's to refuse", { skip, timeout: 180_000 }, async () => {
  const count = (await relayed.records()).length;
  const { withRelay, without } = await both("certificate error", { trusts: false, atMostMs: 60_000 });
  assert.notEqual(withRelay.text, "Done.");
  assert.notEqual(without.text, "Done.");
  assert.ok(withRelay.retries <= without.retries, `${withRelay.retries} and ${without.retries}`);
  const news = (await relayed.records()).slice(0, -count || undefined);
  assert.ok(
    news.every(({ attempts }) => attempts <= 1),
    "no attempt is repeated for it",
  );
});

test("a killed daemon is back on its port within two seconds", { skip, timeout: 60_000 }, async (t) => {
  const { port } = await relayed.relay();
  await relayed.end("SIGKILL");
  const began = performance.now();
  // As a window's extension does.
  const serving = relayed.serve();
  while (!(await answers(port))) await elapse(20);
  const after = performance.now() - began;
  await serving;
  t.diagnostic(`back after ${after.toFixed(0)} ms`);
  assert.ok(after < 2000, `${after} ms`);
  assert.equal((await relayed.relay()).port, port);
  assert.equal((await relayed.turn("after the kill, prompt-of-this-test")).text, "Done.");
});

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

test("the daemon stays while the relay is on, and leaves when it is off", { skip, timeout: 60_000 }, async (t) => {
  const user = new User(world, "alone", { LIFELINE_LEAVE_AFTER_MS: "3000" });
  await user.make();
  await user.serve();
  t.after(() => user.end());
  const { daemon } = user;
  assert.ok(daemon);
  const gone = once(daemon, "exit");
  assert.equal((await user.cli("relay", "on", "--yes")).code, 0);
  assert.equal(
    await Promise.race([gone.then(() => "left"), elapse(10_000)]),
    undefined,
    "nobody is connected, and it stays",
  );
  const off = await user.cli("relay", "off", "--yes");
  assert.equal(off.code, 0, off.stderr);
  await gone;
  await assert.rejects(readFile(user.settings), { code: "ENOENT" }, "what was not there is gone again");
});

test("off: the settings are as they were, to the byte", { skip, timeout: 60_000 }, async () => {
  const off = await relayed.cli("relay", "off", "--yes");
  assert.equal(off.code, 0, off.stderr);
  assert.equal(await readFile(relayed.settings, "utf8"), SETTINGS);
  const { mode, isListening, isUsed } = await relayed.relay();
  assert.deepEqual([mode, isListening, isUsed], ["off", true, false], "it goes on for those who know no other way");
});

test("a proxy with a password that was there is chained to, and put back", { skip, timeout: 180_000 }, async (t) => {
  const proxy = await startHttpProxy(LOGIN);
  t.after(() => proxy.stop());
  const user = new User(world, "proxied");
  const settings = `${JSON.stringify({ env: { HTTPS_PROXY: proxy.url, NO_PROXY: "inside.example" } })}\n`;
  await user.make(settings);
  await user.serve();
  t.after(() => user.end());
  const on = await user.cli("relay", "on", "--yes");
  assert.equal(on.code, 0, on.stderr);
  assert.match(await readFile(user.settings, "utf8"), /inside\.example,localhost,127\.0\.0\.1,::1/);
  api.on("through a proxy", { text: "It stops here.", cut: { how: "stall", after: "text" } }, { times: 1 });
  const { code, text, seconds, retries } = await user.turn("through a proxy, prompt-of-this-test");
  table.push({
    fault: "stall behind a proxy",
    who: "relay",
    ended: `${code} ${text}`,
    seconds: seconds.toFixed(1),
    retries,
  });
  assert.equal(text, "Done.");
  assert.ok(proxy.tunnels.includes(`${HOST}:443`) && proxy.refused === 0, JSON.stringify(proxy));
  assert.equal((await user.relay()).isChained, true);
  const off = await user.cli("relay", "off", "--yes");
  assert.equal(off.code, 0, off.stderr);
  assert.equal(await readFile(user.settings, "utf8"), settings);
  await user.end();
  await nothingSecret(user, [LOGIN.split(":")[1] ?? "", Buffer.from(LOGIN).toString("base64")]);
});

test("nothing secret is kept", { skip }, async (t) => {
  await relayed.end();
  await nothingSecret(relayed, []);
  for (const { fault, who, ended, seconds, retries } of table)
    t.diagnostic(`${fault}, ${who}: ${ended} after ${seconds} s with ${retries} retries`);
});
