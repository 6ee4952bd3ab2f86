// The faults themselves: each one is something an extension really did to its host.

const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const inspector = require("node:inspector");
const os = require("node:os");
const path = require("node:path");
const v8 = require("node:v8");
const vm = require("node:vm");

/** Everything put here stays reachable. */
const held = [];

/** Fills the heap with reachable objects that a collection has to walk. @param {number} megabytes */
function hold(megabytes) {
  // {n, held} is 40 bytes (map, properties, elements, two fields), its slot in the array 8.
  const perMegabyte = Math.floor(2 ** 20 / 48);
  for (let i = 0; i < megabytes; i++) {
    const block = new Array(perMegabyte);
    for (let n = 0; n < perMegabyte; n++) block[n] = { n, held: block };
    held.push(block);
  }
}

/** What earlier faults left behind is no part of the next one. */
function collectGarbage() {
  v8.setFlagsFromString("--expose-gc");
  vm.runInNewContext("gc")();
}

/** Keeps the main thread at work. @param {number} ms */
function spin(ms) {
  const until = Date.now() + ms;
  let x = 1;
  while (Date.now() < until) x = Math.imul(x, 31) + 7;
  return x;
}

/** Does so much work, however long it takes on a machine that has other things to do. @param {number} ms of CPU time */
function work(ms) {
  const used = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const until = used() + ms;
  let x = 1;
  while (used() < until) for (let i = 0; i < 1e6; i++) x = Math.imul(x, 31) + 7;
  return x;
}

exports.FAULTS = {
  /** No fault: that it began proves that the host's event loop turns. */
  ping() {},

  /** Waits for a lock that nobody will release. */
  deadlock({ ms } = {}) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  },

  /** Spins, for ever or for `ms`. */
  busyLoop({ ms = Number.POSITIVE_INFINITY } = {}) {
    spin(ms);
  },

  /** Waits for a child that sleeps. */
  execSync({ seconds = 600 } = {}) {
    execFileSync("sleep", [String(seconds)]);
  },

  /** Opens a FIFO that nobody writes to: this one, or one of its own. */
  fifo({ pipe } = {}) {
    if (!pipe) {
      pipe = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "faults-")), "silent");
      execFileSync("mkfifo", [pipe]);
    }
    fs.readFileSync(pipe);
  },

  /** Starts a child and says something to it, as the chat panel of Claude Code does: over its stdin, which ends when the host does. */
  child({ command, args = [], env = {}, cwd, say = "", log }) {
    const output = fs.openSync(log, "a");
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["pipe", output, output] });
    fs.closeSync(output);
    child.on("error", () => {});
    child.stdin.on("error", () => {});
    child.stdin.write(say);
    held.push(child);
  },

  /** Reads a file from wherever it lies. */
  read({ file }) {
    fs.readFileSync(file);
  },

  /**
   * Lives close to the heap limit, where most of the time goes into collecting. Above 0.8 of the old generation V8 itself gives up after
   * four collections that did not help (measured: 6 s with a 512 MB heap), so we stay below, and it goes on for minutes. After `ms` it lets go.
   */
  gcThrash({ share = 0.76, ms = Number.POSITIVE_INFINITY } = {}) {
    const until = Date.now() + ms;
    // The limit includes the young generation: three semi-spaces of 16 MB in Node 20, of 64 MB in Node 24 (measured).
    const semiSpaceMegabytes = Number(process.versions.node.split(".")[0]) >= 24 ? 64 : 16;
    const oldGenerationBytes = v8.getHeapStatistics().heap_size_limit - 3 * semiSpaceMegabytes * 2 ** 20;
    collectGarbage();
    const megabytes = Math.floor((oldGenerationBytes * share - v8.getHeapStatistics().used_heap_size) / 2 ** 20);
    hold(megabytes);
    while (Date.now() < until) {
      // Replaces old objects by new ones: each is promoted and then dies old, so only a full collection helps.
      const block = held[Math.floor(Math.random() * held.length)];
      for (let n = 0; n < block.length; n += 4) block[n] = { n, held: block };
    }
    held.length = 0;
  },

  /** Allocates until V8 gives up. */
  oom() {
    for (;;) hold(64);
  },

  /** Leaks about `megabytesPerSecond` while the host goes on working, until so many are leaked or the heap is full to this `share` of its limit. */
  leak({ megabytesPerSecond = 50, totalMegabytes = Number.POSITIVE_INFINITY, share = 1 } = {}) {
    collectGarbage();
    const enough = v8.getHeapStatistics().heap_size_limit * share;
    let leaked = 0;
    const timer = setInterval(() => {
      hold(megabytesPerSecond / 10);
      leaked += megabytesPerSecond / 10;
      if (leaked >= totalMegabytes || v8.getHeapStatistics().used_heap_size >= enough) clearInterval(timer);
    }, 100);
  },

  /** Heavy but healthy: works synchronously in bursts with pauses, for `ms` each, or for `cpuMs` of CPU time. Nothing may be killed for it. */
  async bursts({ count = 3, ms = 4_000, pauseMs = 1_500, cpuMs = 0 } = {}) {
    for (let i = 0; i < count; i++) {
      if (i > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (cpuMs > 0) work(cpuMs);
      else spin(ms);
    }
  },

  /** Makes garbage, in steps between which the loop turns. */
  async litter({ megabytes = 200 } = {}) {
    for (let i = 0; i < megabytes; i += 10) {
      Array.from({ length: 10 * 2 ** 10 }, () => new Array(128).fill(i));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },

  /** No fault either: lets a debugger in, as the command "Attach to Node Process" does. */
  inspect({ port }) {
    inspector.open(port, "127.0.0.1");
  },

  /** Shows it out. */
  uninspect() {
    inspector.close();
  },
};
