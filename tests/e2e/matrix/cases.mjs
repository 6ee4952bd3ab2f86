// What can happen to an extension host, each done to it for real: what Lifeline must call it, and whether it may end the host for it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";
import path from "node:path";
import { findProgram } from "../../../scripts/lib/system.mjs";
import { processFacts, signal, whenGone, whenProcess } from "../harness/host.mjs";
import { elapse } from "../harness/lifeline.mjs";
import { freePort, pauseWithDebugger } from "./inspector.mjs";
import { noSlowDisk, SlowDisk } from "./slow-disk.mjs";

/** Debian packages that the cases need. */
export const PACKAGES = ["gdb", "stress-ng"];

/** @typedef {import('./stand.mjs').Seat} Seat */
/** @typedef {import('./stand.mjs').Stand} Stand */

/**
 * What was done, and how to undo it. `began`: when the host ran last, in ms since 1970.
 * @typedef {{began: number, heal: () => Promise<void>}} Injury
 */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} story
 * @property {string[]} right The verdicts that are right. "healthy" and "late" commit to nothing and are always borne with
 * @property {boolean} freezes It is a real freeze: a verdict must be reached, and the time to it counts
 * @property {boolean} mayEnd The table of DESIGN.md allows a kill
 * @property {number} watchMs How long it is watched. Where no kill is allowed: past the longest deadline that could be applied by mistake
 * @property {boolean} [computes] It is told by the CPU time it gets
 * @property {boolean} [crashes] The host ends by itself; it is watched until then
 * @property {boolean} [thorough] Not within `npm test`
 * @property {() => string | null} [unavailable] Why it cannot be done on this machine, or null
 * @property {boolean} [alone] Of the cases of the whole machine: only the first window is judged
 * @property {boolean} [leaves] The window is not there any more afterwards
 * @property {(seat: Seat) => Promise<Injury>} inject
 */

/** A deadlock is acted on after 15 s, a loop after 20 s, each once it was seen for 3 s; and one look comes each second. */
const PAST_DEADLOCK_MS = 20_000;
const PAST_SPINNING_MS = 25_000;

/** Long enough for a verdict, too short for a kill: the case heals itself and nothing has to be restarted. */
const FREEZE_MS = 10_000;

/** How long the machine sleeps. Longer than every deadline but the one for a child. */
const SLEEP_MS = 22_000;
const NAP_MS = 8_000;

const nothing = async () => {};

/** A freeze that ends by itself. @param {import('../harness/host.mjs').Fault} fault @param {object} args @returns {(seat: Seat) => Promise<Injury>} */
const freeze = (fault, args) => async (seat) => ({ began: (await seat.inject(fault, args)).at, heal: nothing });

/**
 * Cases in which the host waits: several can run at the same time, in windows of their own.
 * @type {Case[]}
 */
export const STILL = [
  {
    name: "inspector",
    story: "a debugger came through the inspector and paused it",
    right: ["traced"],
    freezes: true,
    mayEnd: false,
    watchMs: PAST_DEADLOCK_MS,
    async inject(seat) {
      const { pid } = seat;
      const port = await freePort();
      await seat.inject("inspect", { port });
      // That an order was taken is told before it is carried out; that the next one is taken, after it.
      await seat.inject("ping");
      const paused = await pauseWithDebugger(port);
      const began = Date.now();
      return {
        began,
        async heal() {
          await paused.resume();
          if (await processFacts(pid)) await seat.inject("uninspect");
        },
      };
    },
  },
  {
    name: "gdb",
    story: "gdb is attached and holds it",
    right: ["traced"],
    freezes: true,
    mayEnd: false,
    watchMs: PAST_DEADLOCK_MS,
    async inject(seat) {
      const { pid } = seat;
      const quick = ["-nx", "-q", "-iex", "set auto-solib-add off", "-iex", "set debuginfod enabled off"];
      const gdb = spawn(program("gdb"), [...quick, "-p", String(pid)], { stdio: ["pipe", "ignore", "ignore"] });
      await whenProcess(pid, (facts) => facts?.state === "t", { what: "gdb holds the host", atMostMs: 30_000 });
      const began = Date.now();
      const ended = new Promise((resolve) => gdb.once("exit", resolve));
      return {
        began,
        async heal() {
          gdb.stdin.end("detach\nquit\n");
          await ended;
        },
      };
    },
  },
  {
    name: "stopped",
    story: "somebody sent it SIGSTOP",
    right: ["stopped"],
    freezes: true,
    mayEnd: false,
    watchMs: PAST_DEADLOCK_MS,
    async inject(seat) {
      const { pid } = seat;
      signal(pid, "SIGSTOP");
      return { began: Date.now(), heal: async () => signal(pid, "SIGCONT") };
    },
  },
  {
    name: "ioStuck",
    story: "it waits for a disk that does not answer",
    right: ["ioStuck"],
    freezes: true,
    mayEnd: false,
    watchMs: PAST_DEADLOCK_MS,
    unavailable: noSlowDisk,
    async inject(seat) {
      const disk = await SlowDisk.at(path.join(seat.stand.root, `slow-${seat.pid}-${Date.now()}`));
      disk.stall();
      const { at } = await seat.inject("read", { file: disk.file });
      return { began: at, heal: async () => disk.unmount() };
    },
  },
  {
    name: "closed",
    story: "the browser window is closed, and its host ends with it",
    right: ["gone"],
    freezes: false,
    mayEnd: false,
    watchMs: PAST_DEADLOCK_MS,
    thorough: true,
    leaves: true,
    async inject(seat) {
      const { pid } = seat;
      await seat.window.close();
      return { began: Date.now(), heal: () => end(pid) };
    },
  },
  {
    name: "noClient",
    story: "the browser is gone without a word; the host is well and has no client",
    right: [],
    freezes: false,
    mayEnd: false,
    watchMs: PAST_DEADLOCK_MS,
    leaves: true,
    async inject(seat) {
      const { pid } = seat;
      await seat.window.crash();
      const began = Date.now();
      return {
        began,
        async heal() {
          assert.ok(await processFacts(pid), "the host has outlived its client");
          // VS Code itself would keep it for three hours.
          await end(pid);
        },
      };
    },
  },
  {
    name: "deadlock",
    story: "Atomics.wait on a lock that nobody releases",
    right: ["deadlock"],
    freezes: true,
    mayEnd: true,
    watchMs: FREEZE_MS,
    inject: freeze("deadlock", { ms: FREEZE_MS }),
  },
  {
    name: "execSync",
    story: "execSync of a slow child",
    right: ["onChild"],
    freezes: true,
    mayEnd: true,
    watchMs: FREEZE_MS,
    inject: freeze("execSync", { seconds: FREEZE_MS / 1000 }),
  },
  {
    name: "fifo",
    story: "a blocking read of a FIFO that nobody writes to",
    right: ["deadlock"],
    freezes: true,
    mayEnd: true,
    watchMs: FREEZE_MS,
    async inject(seat) {
      const pipe = path.join(seat.stand.root, `silent-${seat.pid}-${Date.now()}`);
      execFileSync("mkfifo", [pipe]);
      const { at } = await seat.inject("fifo", { pipe });
      return {
        began: at,
        async heal() {
          // Not for writing alone: that would wait for a reader, and the host may have been ended.
          const writer = await open(pipe, constants.O_RDWR);
          await writer.close();
        },
      };
    },
  },
];

/**
 * Cases that need CPU time, and are told by it: one after the other.
 * @type {Case[]}
 */
export const BUSY = [
  {
    name: "busyLoop",
    story: "a loop without an end",
    right: ["spinning"],
    freezes: true,
    mayEnd: true,
    watchMs: FREEZE_MS,
    computes: true,
    inject: freeze("busyLoop", { ms: FREEZE_MS }),
  },
  {
    name: "gcThrash",
    story: "its heap filled up while it worked, and now it does little but collect garbage",
    right: ["gcThrash"],
    freezes: true,
    mayEnd: true,
    watchMs: FREEZE_MS,
    computes: true,
    async inject(seat) {
      // What gcThrash goes up to, so that it finds nothing to fill: a limit of 0.76 of the old generation.
      await seat.inject("leak", { megabytesPerSecond: 100, share: 0.68 });
      // What an earlier trial left is collected first.
      await seat.stand.observer.when(() => heapShare(seat) < 0.5, { what: "the garbage is gone" });
      await seat.stand.observer.when(() => heapShare(seat) >= 0.62, { what: "the heap is full" });
      const { at } = await seat.inject("gcThrash", { ms: FREEZE_MS });
      return { began: at, heal: nothing };
    },
  },
  {
    name: "gcAtOnce",
    story: "one synchronous step filled its heap, and it does little but collect garbage",
    right: ["gcThrash"],
    freezes: true,
    mayEnd: true,
    thorough: true,
    watchMs: FREEZE_MS + 2_000,
    computes: true,
    inject: freeze("gcThrash", { ms: FREEZE_MS + 2_000 }),
  },
  {
    name: "bursts",
    story: "heavy but honest work: three bursts of 4 s",
    // While a burst lasts it is a loop like any other. What tells them apart is that it ends.
    right: ["spinning"],
    freezes: false,
    mayEnd: false,
    watchMs: 16_000,
    computes: true,
    inject: freeze("bursts", { count: 3, ms: 4_000, pauseMs: 1_500 }),
  },
  {
    name: "longBursts",
    story: "heavier, still honest work: two bursts of 10 s",
    right: ["spinning"],
    freezes: false,
    mayEnd: false,
    watchMs: 25_000,
    computes: true,
    thorough: true,
    inject: freeze("bursts", { count: 2, ms: 10_000, pauseMs: 1_500 }),
  },
  {
    name: "oom",
    story: "heap out of memory: it crashes",
    // It thrashes, and some of that looks like a loop, before V8 gives up.
    right: ["gone", "gcThrash", "spinning"],
    freezes: false,
    mayEnd: true,
    watchMs: 60_000,
    computes: true,
    crashes: true,
    inject: freeze("oom", {}),
  },
];

/**
 * Cases that happen to the whole machine, and so to every window at once.
 * @type {Case[]}
 */
export const MACHINE = [
  {
    name: "overload",
    story:
      "the machine is overloaded eight times over; the hosts are well, and one has honest work: 2 s of CPU time, twice",
    right: ["starved", "suspended"],
    freezes: false,
    mayEnd: false,
    watchMs: PAST_SPINNING_MS,
    async inject(seat) {
      const stress = await overload(16);
      const { at } = await seat.inject("bursts", { count: 2, cpuMs: 2_000, pauseMs: 1_500 });
      return { began: at, heal: stress.stop };
    },
  },
  {
    name: "sleep",
    story: "the machine sleeps: daemon and hosts stand still together",
    // Who wakes first is chance: for a moment a host may really be stopped while the daemon runs.
    right: ["suspended", "stopped"],
    freezes: false,
    mayEnd: false,
    watchMs: SLEEP_MS + PAST_DEADLOCK_MS,
    inject: async ({ stand }) => sleep(stand, SLEEP_MS),
  },
  {
    name: "sleepOnChild",
    story:
      "the machine sleeps while the host waits for a child: after it has woken, the host still waits for that child",
    right: ["onChild", "suspended", "stopped"],
    freezes: true,
    mayEnd: false,
    watchMs: 6_000 + NAP_MS + PAST_DEADLOCK_MS,
    thorough: true,
    alone: true,
    async inject(seat) {
      const { at } = await seat.inject("execSync", { seconds: (6_000 + NAP_MS + PAST_DEADLOCK_MS) / 1000 });
      await elapse(6_000);
      const { heal } = await sleep(seat.stand, NAP_MS);
      return { began: at, heal };
    },
  },
];

export const CASES = [...STILL, ...BUSY, ...MACHINE];

/** Daemon and hosts stand still. Returns at once. @param {Stand} stand @param {number} ms @returns {Promise<Injury>} */
async function sleep(stand, ms) {
  const all = [await stand.lifeline.daemonPid(), ...stand.livingHosts()];
  const began = Date.now();
  for (const pid of all) signal(pid, "SIGSTOP");
  const awake = elapse(ms).then(() => {
    // By turns the daemon first and last.
    const order = Math.round(began / 1000) % 2 ? all : all.reverse();
    for (const pid of order) signal(pid, "SIGCONT");
  });
  return { began, heal: () => awake };
}

/** Keeps so many threads busy until stopped. @param {number} threads */
export async function overload(threads) {
  const stress = spawn(program("stress-ng"), ["--cpu", String(threads), "--quiet"], { stdio: "ignore" });
  const ended = new Promise((resolve) => stress.once("exit", resolve));
  return {
    async stop() {
      stress.kill("SIGTERM");
      await ended;
    },
  };
}

/** How hard tasks compete for the CPU: percent of the last 10 s in which some had to wait. */
export async function cpuPressure() {
  const text = await readFile("/proc/pressure/cpu", "utf8").catch(() => "");
  return Number(/some avg10=([\d.]+)/.exec(text)?.[1] ?? Number.NaN);
}

/** Ends a host that our VS Code started and left behind. @param {number} pid */
async function end(pid) {
  signal(pid, "SIGKILL");
  await whenGone(pid);
}

/** @param {Seat} seat */
function heapShare({ standing }) {
  return standing?.heapUsedBytes && standing.heapLimitBytes ? standing.heapUsedBytes / standing.heapLimitBytes : 0;
}

/** @param {string} name */
function program(name) {
  const found = findProgram(name);
  if (!found) throw new Error(`${name} is not installed`);
  return found;
}
