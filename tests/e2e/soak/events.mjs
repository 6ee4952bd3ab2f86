// What a soak does to the hosts: disturbances that harm nobody and must cost no host its life, and freezes that must all be recovered.
import path from "node:path";
import { signal } from "../harness/host.mjs";
import { elapse } from "../harness/lifeline.mjs";
import { overload } from "../matrix/cases.mjs";
import { noSlowDisk, SlowDisk } from "../matrix/slow-disk.mjs";

/** @typedef {import('../matrix/stand.mjs').Seat} Seat */
/** @typedef {import('../matrix/stand.mjs').Stand} Stand */
/** @typedef {import('./random.mjs').Random} Random */

/**
 * Draws its numbers first, so that a seed draws the same ones whatever the machine does; then says in words what will be, and how to do it.
 * @template Target
 * @typedef {{name: string, unavailable?: () => string | null, draw: (random: Random) => {words: string, run: (target: Target) => Promise<void>}}} Disturbance
 */

/**
 * To the whole machine.
 * @type {Disturbance<Stand>[]}
 */
export const MACHINE = [
  {
    name: "load",
    draw(random) {
      const [threads, ms] = [random.between(1, 16), random.between(4_000, 20_000)];
      return {
        words: `${threads} threads of load for ${ms} ms`,
        async run() {
          const stress = await overload(threads);
          await elapse(ms);
          await stress.stop();
        },
      };
    },
  },
  {
    name: "sleep",
    draw(random) {
      const [ms, daemonFirst, apartMs] = [
        random.between(2_000, 25_000),
        random.oneOf([true, false]),
        random.between(0, 600),
      ];
      return {
        words: `daemon and hosts asleep for ${ms} ms; the ${daemonFirst ? "daemon" : "hosts"} first to wake, ${apartMs} ms before the others`,
        async run(stand) {
          const [daemon, hosts] = [await stand.lifeline.daemonPid(), stand.livingHosts()];
          for (const pid of [daemon, ...hosts]) signal(pid, "SIGSTOP");
          await elapse(ms);
          const wake = [() => signal(daemon, "SIGCONT"), () => hosts.forEach((pid) => void signal(pid, "SIGCONT"))];
          if (!daemonFirst) wake.reverse();
          wake[0]();
          await elapse(apartMs);
          wake[1]();
        },
      };
    },
  },
  {
    name: "daemonPaused",
    draw(random) {
      // After 10 s the extension replaces it.
      const ms = random.between(1_000, 14_000);
      return {
        words: `the daemon alone stands still for ${ms} ms`,
        async run(stand) {
          const daemon = await stand.lifeline.daemonPid();
          signal(daemon, "SIGSTOP");
          await elapse(ms);
          signal(daemon, "SIGCONT");
        },
      };
    },
  },
  {
    name: "quiet",
    draw(random) {
      const ms = random.between(2_000, 8_000);
      return { words: `nothing for ${ms} ms`, run: () => elapse(ms) };
    },
  },
];

/**
 * To one host.
 * @type {Disturbance<Seat>[]}
 */
export const HOST = [
  {
    name: "paused",
    draw(random) {
      const ms = random.between(200, 2_800);
      return { words: `stands still for ${ms} ms, which is not late yet`, run: (seat) => stopFor(seat, ms) };
    },
  },
  {
    name: "stopped",
    draw(random) {
      const ms = random.between(4_000, 25_000);
      return { words: `stopped by somebody for ${ms} ms`, run: (seat) => stopFor(seat, ms) };
    },
  },
  {
    name: "bursts",
    draw(random) {
      const [count, ms, pauseMs] = [random.between(1, 4), random.between(500, 6_000), random.between(300, 2_000)];
      return {
        words: `${count} bursts of ${ms} ms of honest work, ${pauseMs} ms apart`,
        async run(seat) {
          await seat.inject("bursts", { count, ms, pauseMs });
          await elapse(count * (ms + pauseMs));
        },
      };
    },
  },
  {
    name: "litter",
    draw(random) {
      const megabytes = random.between(100, 600);
      return {
        words: `${megabytes} MB of garbage`,
        async run(seat) {
          await seat.inject("litter", { megabytes });
          await elapse(megabytes * 4);
        },
      };
    },
  },
  {
    name: "diskStall",
    unavailable: noSlowDisk,
    draw(random) {
      const ms = random.between(1_000, 22_000);
      return {
        words: `its disk does not answer for ${ms} ms`,
        async run(seat) {
          const disk = await SlowDisk.at(path.join(seat.stand.root, `slow-${Date.now()}-${seat.pid}`));
          disk.stall();
          await seat.inject("read", { file: disk.file });
          await elapse(ms);
          disk.unmount();
        },
      };
    },
  },
];

/**
 * Real freezes, none of which ends by itself, and the verdicts upon which each may be ended. `computes`: it takes what CPU time it can get.
 * @type {{name: import('../harness/host.mjs').Fault, right: string[], computes?: boolean}[]}
 */
export const FREEZES = [
  { name: "deadlock", right: ["deadlock"] },
  { name: "busyLoop", right: ["spinning"], computes: true },
  { name: "execSync", right: ["onChild"] },
  { name: "gcThrash", right: ["gcThrash"], computes: true },
  { name: "fifo", right: ["deadlock"] },
];

/** @param {Seat} seat @param {number} ms */
async function stopFor(seat, ms) {
  const { pid } = seat;
  signal(pid, "SIGSTOP");
  await elapse(ms);
  signal(pid, "SIGCONT");
}
