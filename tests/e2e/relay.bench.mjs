// The relay as a tunnel and as a gateway, beside no proxy, nginx and HAProxy doing the same: what it adds to the time to the first byte, how much
// passes, and the memory that takes.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ensureProxies } from "../../scripts/lib/peers.mjs";
import { buildExample, ROOT } from "../../scripts/lib/project.mjs";
import { writeAsInstalled } from "../../scripts/lib/unzip.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { startProxy, versionOf } from "./harness/proxies.mjs";
import { User } from "./harness/relay-user.mjs";
import { makeCertificates } from "./harness/tls.mjs";

const HOST = "api.anthropic.com";
/** The API's with HTTP/1.1, and with HTTP/2. */
const [API_PORT, HTTP2_PORT] = [443, 8443];
const FIRST_PEER_PORT = 31_000;

/** One round of each subject after the other, so that what disturbs the machine disturbs all of them. */
const FULL = { latency: [25, 200], connects: [10, 20], one: [5, 64e6], many: [5, 2e6], up: [3, 16e6] };
const QUICK = { latency: [5, 200], connects: [4, 10], one: [3, 16e6], many: [3, 0.5e6], up: [1, 4e6] };
const STREAMS = 64;

const ADDED_P50_US_AT_MOST = 100;
const ADDED_P99_US_AT_MOST = 1000;
const PEAK_BYTES_AT_MOST = 10_000_000;

const { values: asked } = parseArgs({ options: { quick: { type: "boolean" } } });
const plan = asked.quick ? QUICK : FULL;

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => ({
    binary: process.env.LIFELINE_E2E_BINARY ?? path.join(ROOT, "extension", "bin", "lifeline"),
    load: await buildExample("lifeline-relay", "load"),
    peers: await ensureProxies(),
  }),
});
const { root, prepared } = inside;

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {"tls" | "connect" | "plain"} way how it is asked
 * @property {number} at its port
 * @property {() => Promise<number[]>} pids whose memory counts
 * @property {number} restingBytes
 * @property {number} peakBytes while 64 streams run
 * @property {Record<keyof typeof FULL, number[]>} took of each request or stream, in ns
 */

const load = os.loadavg()[0];
const binary = path.join(root, "lifeline");
await writeAsInstalled(binary, await readFile(prepared.binary), 0o755);
const { authority } = await makeCertificates(path.join(root, "tls"), HOST);
// Here, and nowhere else, the API is on this machine.
await writeFile(path.join(root, "hosts"), `127.0.0.1 localhost ${HOST}\n`);
execFileSync("mount", ["--bind", path.join(root, "hosts"), "/etc/hosts"]);

const api = await startLoad();
/** @type {(() => Promise<unknown>)[]} */
const stops = [];
/** @type {Subject[]} */
const subjects = [];
/** @type {string[]} */
const versions = [];
try {
  add({ name: "direct", way: "tls", at: API_PORT, pids: async () => [] });
  await addOurs();
  await addPeers();
  for (const subject of subjects) subject.restingBytes = await memory(subject, "VmRSS");
  await measureAll();
  print();
} finally {
  for (const stop of stops) await stop();
  api.child.stdin.end();
}

/** @param {Omit<Subject, "restingBytes" | "peakBytes" | "took">} subject */
function add(subject) {
  subjects.push({
    ...subject,
    restingBytes: 0,
    peakBytes: 0,
    took: { latency: [], connects: [], one: [], many: [], up: [] },
  });
}

async function addOurs() {
  const world = { root, binary, executable: "", authority, stallSeconds: 75 };
  const ours = /** @type {const} */ ([
    ["tunnel", "tunnel", API_PORT, "1"],
    ["gateway", "gateway", API_PORT, "1"],
    ["gateway, HTTP/2", "gateway", HTTP2_PORT, "2"],
  ]);
  for (const [index, [name, mode, apiPort, http]] of ours.entries()) {
    const user = new User(world, `user-${index}`, { NODE_EXTRA_CA_CERTS: authority, LIFELINE_RELAY_HTTP: http });
    // The official address is the one that nobody has to name.
    const env = apiPort === 443 ? {} : { ANTHROPIC_BASE_URL: `https://${HOST}:${apiPort}` };
    await user.make(JSON.stringify({ env }));
    await user.serve();
    stops.push(() => user.end());
    const on = await user.cli("relay", "on", "--mode", mode, "--yes");
    if (on.code !== 0) throw new Error(on.stderr);
    const way = mode === "tunnel" ? "connect" : "plain";
    add({ name, way, at: (await user.relay()).port, pids: async () => [Number(user.daemon?.pid)] });
  }
}

/** Those that could be had. */
async function addPeers() {
  let port = FIRST_PEER_PORT;
  for (const layer of /** @type {const} */ (["tcp", "http"])) {
    for (const kind of /** @type {const} */ (["nginx", "haproxy"])) {
      const { file: unpacked } = prepared.peers[kind];
      if (!unpacked) continue;
      const place = { root: path.join(root, `${kind}-${layer}`), unpacked, host: HOST, apiPort: API_PORT, authority };
      const proxy = await startProxy(kind, layer, { ...place, port });
      stops.push(proxy.stop);
      add({ name: peerName(kind, layer), way: layer === "tcp" ? "tls" : "plain", at: port++, pids: proxy.pids });
      if (layer === "tcp") versions.push(`${kind} ${await versionOf(kind, unpacked)}`);
    }
  }
}

/** @param {"nginx" | "haproxy"} kind @param {"tcp" | "http"} layer */
function peerName(kind, layer) {
  return `${kind}, ${layer === "tcp" ? "TCP" : "HTTP to TLS"}`;
}

/** The program that is the API and its clients. */
async function startLoad() {
  const at = (/** @type {string} */ name) => path.join(root, "tls", name);
  const files = [authority, at("host.pem"), at("host.key")];
  const child = spawn(prepared.load, [String(API_PORT), String(HTTP2_PORT), ...files], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("The load has ended; it says why above.");
    return /** @type {string} */ (value);
  };
  await next();
  return {
    child,
    /** @param {...(string | number)} order @returns {Promise<number[]>} in ns */
    order: async (...order) => {
      if (!child.stdin.write(`${order.join(" ")}\n`)) await once(child.stdin, "drain");
      return (await next()).split(" ").map(Number);
    },
  };
}

async function measureAll() {
  const each = async (
    /** @type {keyof typeof FULL} */ what,
    /** @type {(subject: Subject, size: number) => Promise<number[]>} */ once,
  ) => {
    const [rounds, size] = /** @type {[number, number]} */ (plan[what]);
    for (let round = 0; round < rounds; round++) {
      for (const subject of subjects) subject.took[what].push(...(await once(subject, size)));
    }
  };
  await each("latency", ({ way, at }, requests) => api.order("latency", way, at, requests));
  await each("connects", async ({ way, at }, requests) =>
    way === "plain" ? [] : api.order("connects", way, at, requests),
  );
  await each("one", ({ way, at }, bytes) => api.order("down", way, at, 1, bytes));
  await each("many", async (subject, bytes) => {
    for (const pid of await subject.pids()) await writeFile(`/proc/${pid}/clear_refs`, "5");
    const took = await api.order("down", subject.way, subject.at, STREAMS, bytes);
    subject.peakBytes = Math.max(subject.peakBytes, await memory(subject, "VmHWM"));
    return took;
  });
  // Last: the gateway keeps what it may have to send again, and the memory of that is not the streams'.
  await each("up", ({ way, at }, bytes) => api.order("up", way, at, 1, bytes));
}

/** Of all of its processes. @param {Subject} subject @param {"VmRSS" | "VmHWM"} what */
async function memory({ pids }, what) {
  let bytes = 0;
  for (const pid of await pids()) {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    bytes += Number(new RegExp(`^${what}:\\s+(\\d+)`, "m").exec(status)?.[1]) * 1024;
  }
  return bytes;
}

function print() {
  const [rounds, requests] = plan.latency;
  console.log(
    `\nOne request after the other on one connection (${rounds} rounds of ${requests}), each on a new one, and streams of events. The API, its ` +
      `clients, and all between them on ${os.availableParallelism()} processors, load ${load.toFixed(1)} before. p50 and p99 are the median round's; all else is a median.\n`,
  );
  const rows = subjects.map(figures);
  const direct = /** @type {ReturnType<typeof figures>} */ (rows[0]);
  console.log(
    "                          first byte, µs        added, µs    new, µs        MB/s down       MB/s up     memory, MB",
  );
  console.log(
    `                          p50        p99      p50      p99        p50       1       ${STREAMS}         1    resting    peak`,
  );
  for (const row of rows) {
    const added = row === direct ? ["", ""] : [row.p50 - direct.p50, row.p99 - direct.p99].map((us) => us.toFixed(0));
    console.log(
      [
        row.name.padEnd(20),
        row.p50.toFixed(0).padStart(9),
        row.p99.toFixed(0).padStart(11),
        added[0]?.padStart(9),
        added[1]?.padStart(9),
        (row.connect ? row.connect.toFixed(0) : "").padStart(11),
        row.one.toFixed(0).padStart(8),
        row.many.toFixed(0).padStart(8),
        row.up.toFixed(0).padStart(10),
        (row === direct ? "" : (row.restingBytes / 1e6).toFixed(1)).padStart(11),
        (row === direct ? "" : (row.peakBytes / 1e6).toFixed(1)).padStart(8),
      ].join(""),
    );
  }
  console.log(
    `\nMemory: all of the daemon, and its most while ${STREAMS} streams ran; of nginx and HAProxy master and worker. Through tunnel and TCP it is the ` +
      "client who speaks TLS; a gateway does so for it.",
  );
  if (versions.length) console.log(`Versions: ${versions.join(", ")}, of Debian.`);
  for (const [name, { reason }] of Object.entries(prepared.peers))
    if (reason) console.log(`Left out: ${name}. ${reason}`);
  console.log(asked.quick ? "\nWith so few requests the goals say little:" : "");
  for (const [name, layer] of /** @type {const} */ ([
    ["tunnel", "tcp"],
    ["gateway", "http"],
  ])) {
    const ours = rows.find((row) => row.name === name);
    const nginx = rows.find((row) => row.name === peerName("nginx", layer));
    if (!ours) continue;
    goal(`${name}, added at p50, µs`, ours.p50 - direct.p50, "at most", ADDED_P50_US_AT_MOST);
    goal(`${name}, added at p99, µs`, ours.p99 - direct.p99, "at most", ADDED_P99_US_AT_MOST);
    goal(`${name}, 1 stream, × nginx`, ours.one / (nginx?.one ?? Number.NaN), "at least", 1);
    goal(`${name}, ${STREAMS} streams, × nginx`, ours.many / (nginx?.many ?? Number.NaN), "at least", 1);
    goal(`${name}, peak MB`, ours.peakBytes / 1e6, "at most", PEAK_BYTES_AT_MOST / 1e6);
  }
}

/** Times in µs, throughput in MB/s. @param {Subject} subject */
function figures({ name, took, restingBytes, peakBytes }) {
  const mbPerSecond = (/** @type {"one" | "many" | "up"} */ what, streams = 1) =>
    (streams * Number(plan[what][1]) * 1e3) / quantile(took[what], 0.5);
  return {
    name,
    p50: ofRounds(took.latency, 0.5) / 1000,
    p99: ofRounds(took.latency, 0.99) / 1000,
    connect: quantile(took.connects, 0.5) / 1000,
    one: mbPerSecond("one"),
    many: mbPerSecond("many", STREAMS),
    up: mbPerSecond("up"),
    restingBytes,
    peakBytes,
  };
}

/** The median of what each round had, so that a moment in which the machine did something else counts as one round. @param {number[]} values @param {number} share */
function ofRounds(values, share) {
  const [rounds, requests] = /** @type {[number, number]} */ (plan.latency);
  const each = Array.from({ length: rounds }, (_, round) => values.slice(round * requests, (round + 1) * requests));
  return quantile(
    each.map((round) => quantile(round, share)),
    0.5,
  );
}

/** @param {number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** @param {string} what @param {number} seen not a number when a peer was left out @param {"at most" | "at least"} side @param {number} bound */
function goal(what, seen, side, bound) {
  const isMet = side === "at most" ? seen <= bound : seen >= bound;
  const verdict = Number.isNaN(seen) ? "not known" : `${seen.toFixed(2)}, ${isMet ? "met" : "MISSED"}`;
  console.log(`goal: ${what}, ${side} ${bound}: ${verdict}`);
}
