// The race that a reaper must not lose: a process ends after it was judged, and another one gets its pid before the signal is sent.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { elapse } from "../harness/lifeline.mjs";
import { statOf } from "./book.mjs";
import { copyOf } from "./decoys.mjs";

/** More would say no more. */
const AFTER_TERM_AT_MOST = 3;

/** A pid is free when its process has been waited for, and all its threads have ended; after SIGTERM the daemon looks again 2 s later. */
const FREE_WITHIN_MS = 1_500;

/**
 * Starts a process with a certain pid: the kernel gives the next free one after `ns_last_pid`, which root may set in a namespace of its own. It takes many
 * attempts: a pid is free only some time after its process cannot be seen any more (up to 20 attempts, measured), and others start threads meanwhile.
 */
const TAKER = `
while read -r pid; do
  got=0
  for ((attempt = 0; attempt < 200; attempt++)); do
    echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid
    "$1" 3600 &
    if [ $! = "$pid" ]; then got=$pid; break; fi
    kill -KILL $!; wait $! 2>/dev/null
  done
  echo "$got"
done
`;

/** @typedef {{how: 'owner' | 'judged' | 'told', pid: number, taken: boolean, daemonStoppedMs?: number}} Reuse `owner`: a killed host's; `judged`: before
 * any signal; `told`: after SIGTERM */

export class Reuses {
  /** @type {Reuse[]} */
  all = [];
  /** Settled when that has been tried. */
  forced = Promise.resolve();
  #toldLeft = AFTER_TERM_AT_MOST;
  #queue = Promise.resolve(false);

  /** @param {import('./zoo.mjs').Zoo} zoo */
  static async of(zoo) {
    // By its program Lifeline takes it for a session.
    return new Reuses(zoo, await copyOf("/bin/sleep", path.join(zoo.root, "reuse", "claude")));
  }

  /** @param {import('./zoo.mjs').Zoo} zoo @param {string} program */
  constructor(zoo, program) {
    this.zoo = zoo;
    this.dice = zoo.dice("reuse");
    this.taker = spawn("bash", ["-c", TAKER, "taker", program], { stdio: ["pipe", "pipe", "ignore"] });
    zoo.atTheEnd(() => this.taker.kill("SIGKILL"));
    this.lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (this.taker.stdout) });
  }

  /** The owner of a leak is gone, and somebody else is there by its pid. @param {number} pid */
  async owner(pid) {
    this.all.push({ how: "owner", pid, taken: await this.#take(pid) });
  }

  /**
   * One has ended, that was told to: whoever was told with it is looked at again, and killed where it is left. Not a server of a session that still
   * ends: the CLI itself sends signals to the pids of its servers then, whoever has them by now (2.1.329).
   * @param {import('./book.mjs').Specimen} specimen
   */
  async ended({ kind, pid }) {
    if (!["midTurn", "superseded", "leftServer"].includes(kind) || this.#toldLeft === 0) return;
    this.#toldLeft--;
    this.all.push({ how: "told", pid, taken: await this.#take(pid) });
  }

  /** Waits for the snapshot of the one that is to end between its judgement and the signal: a look and the journal come after it. */
  async awaitJudgement() {
    const folder = path.join(this.zoo.stateDir, "snapshots");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const watcher = watch(folder, (_event, name) => {
      const victim = this.zoo.book.specimens.find(({ kind }) => kind === "judgedServer");
      if (!victim || !name?.endsWith(".json")) return;
      if (!read(path.join(folder, name)).includes(`(process ${victim.pid})`)) return;
      watcher.close();
      this.forced = this.#force(victim);
    });
    this.zoo.atTheEnd(() => watcher.close());
  }

  /** It ends at this moment, and its pid is another's when the daemon goes on. @param {import('./book.mjs').Specimen} victim */
  async #force(victim) {
    const daemon = Number(this.zoo.daemonPid);
    // Before the look, before the journal is durable, or too late.
    await elapse(this.dice.between(0, 25));
    const stoppedAt = performance.now();
    process.kill(daemon, "SIGSTOP");
    try {
      if (statOf(victim.pid)?.startTicks !== victim.startTicks) return;
      process.kill(victim.pid, "SIGKILL");
      const taken = await this.#take(victim.pid);
      const daemonStoppedMs = Math.round(performance.now() - stoppedAt);
      this.all.push({ how: "judged", pid: victim.pid, taken, daemonStoppedMs });
    } finally {
      process.kill(daemon, "SIGCONT");
    }
  }

  /** One after the other. @param {number} pid @returns {Promise<boolean>} whether a decoy has it now */
  #take(pid) {
    this.#queue = this.#queue.then(async () => {
      const until = performance.now() + FREE_WITHIN_MS;
      while (existsSync(`/proc/${pid}`) && performance.now() < until) await elapse(2);
      const answer = new Promise((resolve) => this.lines.once("line", resolve));
      this.taker.stdin?.write(`${pid}\n`);
      if (Number(await answer) !== pid) return false;
      this.zoo.book.add("pidReused", pid);
      return true;
    });
    return this.#queue;
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
