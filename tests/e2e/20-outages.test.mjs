// Outages of the network, each met by the real CLI three times at once: through the relay's tunnel, through its gateway, and with neither. Here the
// API is at the other end of a cable, so that routes, names and connections can be lost.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { startFakeApi } from "./harness/fake-api.mjs";
import { startFarNetwork } from "./harness/far-network.mjs";
import { elapse } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { nothingHung, nothingSecret, prepareRelay, User, unpackProgram } from "./harness/relay-user.mjs";
import { SideBySide } from "./harness/side-by-side.mjs";
import { makeCertificates } from "./harness/tls.mjs";

const HOST = "api.anthropic.com";
/** Longer than the router remembers. */
const STALL_SECONDS = 30;
const REFUSED_MS = 40_000;
const NO_NAMES_MS = 20_000;
const NO_ROUTE_MS = 60_000;
const FORGOTTEN_AFTER_SECONDS = 20;
/** So long somebody thinks; with a `ping` as often as this, or without any. */
const THINKS_MS = 45_000;
const PING_MS = 12_000;
/** The client's own retries that an outage may cost. */
const RETRIES = 2;

const inside = await enterNamespace(import.meta.url, { prepare: prepareRelay });
const { root, prepared } = inside;
const skip = prepared.cli.reason ?? false;

/** @type {Awaited<ReturnType<typeof makeCertificates>>} */ let certificates;
/** @type {import('./harness/far-network.mjs').FarNetwork} */ let network;
/** @type {import('./harness/fake-api.mjs').FakeApi} */ let api;
/** @type {User} */ let tunnel;
/** @type {User} */ let gateway;
/** @type {User} */ let direct;
/** @type {SideBySide} */ let sides;

/** The turns of those with a relay are finished, and used few retries. @param {Awaited<ReturnType<User["turn"]>>[]} turns */
function finished(turns) {
  for (const { text, retries } of turns) {
    assert.equal(text, "Done.", sides.table.join("\n"));
    assert.ok(retries <= RETRIES, `${retries} retries`);
  }
}

/** Waits until both relays wait for their server. */
async function whenWaiting() {
  const waits = async (/** @type {User} */ user) => (await user.relay()).outages.length > 0;
  for (const user of [tunnel, gateway]) while (!(await waits(user))) await elapse(200);
}

before(async () => {
  if (skip) return;
  const binary = await unpackProgram(prepared, root);
  certificates = await makeCertificates(path.join(root, "tls"), HOST);
  network = await startFarNetwork(root);
  api = await startFakeApi({ tls: certificates.trusted, port: await network.listen(443) });
  // As Cloudflare does; Node's own is 5 s.
  api.server.keepAliveTimeout = 400_000;
  sides = new SideBySide(api);
  const executable = /** @type {string} */ (prepared.cli.executable);
  const { authority } = certificates;
  const world = { root, binary, executable, authority, stallSeconds: STALL_SECONDS };
  tunnel = new User(world, "tunnel");
  gateway = new User(world, "gateway", { NODE_EXTRA_CA_CERTS: authority });
  direct = new User(world, "direct");
  await direct.make();
  for (const user of [tunnel, gateway]) {
    await user.make();
    await user.serve();
    const on = await user.cli("relay", "on", "--mode", user.name, "--yes");
    assert.equal(on.code, 0, on.stderr);
  }
});
after(async () => {
  for (const user of [tunnel, gateway]) await user?.end();
  await api?.stop();
  await network?.stop();
});

test("no fault: all three get through", { skip, timeout: 120_000 }, async () => {
  const turns = await sides.turns("no fault", [tunnel, gateway, direct]);
  for (const { text, retries } of turns) assert.deepEqual([text, retries], ["Done.", 0]);
});

test("refused for 40 s: waited out", { skip, timeout: 180_000 }, async () => {
  await api.stop();
  const [withTunnel, withGateway, without] = await during(
    "refused for 40 s",
    REFUSED_MS,
    async () => void (await api.listen(await network.listen(443))),
  );
  assert.ok(withTunnel && withGateway && without);
  finished([withTunnel, withGateway]);
  assert.ok(withGateway.retries < without.retries, `${withGateway.retries} and ${without.retries} retries`);
});

test("names cannot be resolved for 20 s: waited out", { skip, timeout: 180_000 }, async () => {
  // One that is kept needs no name.
  api.hangUp();
  await network.names("fails");
  const turns = await during("no DNS for 20 s", NO_NAMES_MS, () => network.names("answers"));
  finished(turns.slice(0, 2));
  for (const user of [tunnel, gateway]) assert.ok((await user.records()).some(({ attempts }) => attempts > 1));
});

test("no route for 60 s: waited for, and used as soon as it is there", { skip, timeout: 180_000 }, async () => {
  network.unplug();
  let back = Number.NaN;
  const turns = await during("no route for 60 s", NO_ROUTE_MS, async () => {
    network.plugIn();
    back = Date.now();
  });
  finished(turns.slice(0, 2));
  for (const user of [tunnel, gateway]) {
    const [record] = await user.records();
    const after = record.unixMs + record.durationMs - back;
    // The word comes from the kernel, and the pause without it is 8 s.
    assert.ok(after > 0 && after < 5000, `${user.name} had its answer ${after} ms after the route was back`);
  }
});

test("a connection that was kept and leads nowhere costs the gateway's user some seconds", {
  skip,
  timeout: 120_000,
}, async () => {
  network.forgetAfter(FORGOTTEN_AFTER_SECONDS);
  await sides.turns("a connection is kept", [gateway]);
  // The gateway keeps it for a minute.
  await elapse((FORGOTTEN_AFTER_SECONDS + 5) * 1000);
  assert.ok(network.forgotten.size > 0, "it was forgotten");
  const [turn] = await sides.turns("the kept connection is forgotten", [gateway]);
  await network.forgetNothing();
  assert.deepEqual([turn?.text, turn?.retries], ["Done.", 0]);
  assert.ok((turn?.seconds ?? Number.NaN) < STALL_SECONDS, `${turn?.seconds} s`);
  const [record] = (await gateway.records()).filter(({ exchange }) => exchange?.before?.end?.how === "lost");
  assert.equal(record?.end.how, "answered");
});

test("a router forgets silent connections after 20 s", { skip, timeout: 240_000 }, async () => {
  const users = [tunnel, gateway, direct];
  const thinks = (/** @type {number} */ pingMs) => ({
    text: "Done.",
    pingMs,
    // From when it is asked.
    get until() {
      return elapse(THINKS_MS);
    },
  });
  network.forgetAfter(FORGOTTEN_AFTER_SECONDS);
  const [talkative, silent] = await Promise.all([
    sides.turns("thinking with pings", users, { answer: thinks(PING_MS) }),
    sides.turns("thinking in silence", users, { answer: thinks(10 * THINKS_MS) }),
  ]);
  // The client by itself is not asserted: it may sit on a connection that was forgotten before it thought.
  for (const { text, retries } of talkative.slice(0, 2))
    assert.deepEqual([text, retries], ["Done.", 0], "pings keep it known");
  const [withTunnel, withGateway, without] = silent;
  assert.ok(withTunnel && withGateway && without);
  finished([withTunnel, withGateway]);
  // The client by itself notices after some 70 s (measured); it may be ended before.
  for (const { seconds } of [withTunnel, withGateway])
    assert.ok(seconds < without.seconds, `${seconds} s, ${without.seconds} s without`);
  assert.ok(network.forgotten.size >= users.length, `${network.forgotten.size} connections were forgotten`);
  await network.forgetNothing();
});

test("nothing hung for longer than it may, and nothing secret is kept", { skip }, async (t) => {
  for (const line of sides.table) t.diagnostic(line);
  for (const user of [tunnel, gateway]) {
    await nothingHung(user);
    await user.end();
    await nothingSecret(user, []);
  }
});

/**
 * All three users' turns during an outage that has begun, and that ends so long after both relays have noticed it.
 * @param {string} fault @param {number} ms @param {() => Promise<void>} end
 */
async function during(fault, ms, end) {
  const passed = whenWaiting()
    .then(() => elapse(ms))
    .then(end);
  const [turns] = await Promise.all([sides.turns(fault, [tunnel, gateway, direct], { atMostMs: ms + 60_000 }), passed]);
  return turns;
}
