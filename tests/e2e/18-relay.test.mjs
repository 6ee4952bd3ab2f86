// The real CLI over TLS against the faulty fake API, each fault with the relay and beside it without: who finishes the turn, when, and with how many retries.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { cliVariables } from "./harness/claude-cli.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { startHttpProxy } from "./harness/http-proxy.mjs";
import { elapse } from "./harness/lifeline.mjs";
import { parsed } from "./harness/lines.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { isRetry, nothingHung, nothingSecret, prepareRelay, User, unpackProgram } from "./harness/relay-user.mjs";
import { SideBySide } from "./harness/side-by-side.mjs";
import { makeCertificates } from "./harness/tls.mjs";

const HOST = "api.anthropic.com";
const STALL_SECONDS = 15;
const LOGIN = "ann:p-of-the-proxy";

const inside = await enterNamespace(import.meta.url, { prepare: prepareRelay });
const { root, prepared } = inside;
const skip = prepared.cli.reason ?? false;
const executable = /** @type {string} */ (prepared.cli.executable);

/** @type {import('./harness/relay-user.mjs').World} */ let world;
/** @type {Awaited<ReturnType<typeof makeCertificates>>} */ let certificates;
/** @type {import('./harness/fake-api.mjs').FakeApi} */ let api;
/** @type {User} */ let relayed;
/** @type {User} */ let direct;
/** @type {SideBySide} */ let sides;
/** Ten resets take three minutes: they go on beside the other tests, for users of their own. @type {ReturnType<SideBySide["turns"]>} */
let tenResets;
/** @type {User[]} */ let others = [];

/**
 * The same turn of both users at the same time, each with the same fault of its own.
 * @param {string} fault @param {import('./harness/fake-api.mjs').Answer} [answer] @param {{times?: number, trusts?: boolean, atMostMs?: number}} [options]
 */
async function both(fault, answer, options) {
  const [withRelay, without] = await sides.turns(fault, [relayed, direct], { answer, ...options });
  assert.ok(withRelay && without);
  return { withRelay, without };
}

/** A user of a tunnel that is on. @param {string} name @param {string} [settings] */
async function userOfTunnel(name, settings) {
  const user = new User(world, name);
  await user.make(settings);
  await user.serve();
  const on = await user.cli("relay", "on", "--yes");
  assert.equal(on.code, 0, on.stderr);
  return user;
}

before(async () => {
  if (skip) return;
  const binary = await unpackProgram(prepared, root);
  certificates = await makeCertificates(path.join(root, "tls"), HOST);
  // Here, and nowhere else, the API is on this machine.
  await writeFile(path.join(root, "hosts"), `127.0.0.1 localhost ${HOST}\n`);
  execFileSync("mount", ["--bind", path.join(root, "hosts"), "/etc/hosts"]);
  api = await startFakeApi({ tls: certificates.trusted, port: 443 });
  world = { root, binary, executable, authority: certificates.authority, stallSeconds: STALL_SECONDS };
  sides = new SideBySide(api);
  direct = new User(world, "direct");
  await direct.make();
  relayed = await userOfTunnel("tunnel", SETTINGS);
  others = [await userOfTunnel("tunnel of another")];
  const alone = new User(world, "direct and alone");
  await alone.make();
  const reset = { cut: /** @type {const} */ ({ how: "reset", after: "request" }) };
  tenResets = sides.turns("ten resets", [...others, alone], { answer: reset, times: 10, atMostMs: 260_000 });
  tenResets.catch(() => {});
});
after(async () => {
  for (const user of [relayed, ...others]) await user?.end();
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

test("a stall is over after the relay's time", { skip, timeout: 180_000 }, async () => {
  const stalls = /** @type {const} */ ([
    ["stall after the first words", "text"],
    ["stall before the first byte of the answer", "request"],
  ]);
  const met = await Promise.all(
    stalls.map(([fault, after]) => both(fault, { text: "It stops here.", cut: { how: "stall", after } })),
  );
  for (const { withRelay, without } of met) {
    assert.equal(withRelay.text, "Done.");
    assert.ok(withRelay.seconds < STALL_SECONDS + 30, `${withRelay.seconds} s`);
    assert.ok(withRelay.retries <= 2, `${withRelay.retries} retries`);
    assert.equal(without.code, null, "without it nothing happens for 300 s");
  }
  // Of TLS 1.3 two tickets come down behind the request: whether anything of the answer has come cannot be told from outside.
  const ended = (await relayed.records()).filter(({ end }) => end.how === "stalled" || end.how === "silent");
  assert.ok(ended.length >= 2, JSON.stringify(ended));
});

test("what the server breaks off, the client repeats", { skip, timeout: 180_000 }, async () => {
  /** @type {[string, import('./harness/fake-api.mjs').Answer, number][]} */
  const faults = [
    ["reset before the answer", { cut: { how: "reset", after: "request" } }, 1],
    ["reset in mid-answer", { text: "It breaks here.", cut: { how: "reset", after: "text" } }, 1],
    ["half-close", { text: "It breaks here.", cut: { how: "close", after: "text" } }, 1],
    ["529 with retry-after", { status: 529, headers: { "retry-after": "2" } }, 2],
  ];
  for (const [fault, answer, times] of faults) {
    const { withRelay, without } = await both(fault, answer, { times });
    assert.deepEqual([withRelay.text, without.text], ["Done.", "Done."], fault);
    assert.ok(withRelay.retries <= 2, `${fault}: ${withRelay.retries} retries`);
  }
  const ends = (await relayed.records()).filter(({ end }) => end.by === "server").map(({ end }) => end.how);
  assert.ok(ends.includes("reset") && ends.includes("closed"), `the record says who did it: ${ends.join(" ")}`);
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
  const { withRelay, without } = await both("certificate error", undefined, { trusts: false, atMostMs: 60_000 });
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
  const settings = `${JSON.stringify({ env: { HTTPS_PROXY: proxy.url, NO_PROXY: "inside.example" } })}\n`;
  const user = await userOfTunnel("tunnel behind a proxy", settings);
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

test("ten resets in a row are the client's to repeat: a tunnel sees no request", {
  skip,
  timeout: 280_000,
}, async () => {
  const [withRelay, without] = await tenResets;
  assert.deepEqual([withRelay?.text, without?.text], ["Done.", "Done."]);
  assert.equal(withRelay?.retries, without?.retries);
});

test("nothing hung, and nothing secret is kept", { skip }, async (t) => {
  for (const line of sides.table) t.diagnostic(line);
  for (const user of [relayed, ...others]) {
    await nothingHung(user);
    await user.end();
    await nothingSecret(user, []);
  }
});
