// The extension host as seen by a test: which process it is, how to hurt it, what the kernel says about it.
import * as fs from "node:fs/promises";
import path from "node:path";
import { readJson, whenFolder } from "./events.mjs";

/** @typedef {{pid: number, ppid: number, startedAt: number, activatedAt: number}} Host times in ms since 1970 */
/** @typedef {'deadlock' | 'busyLoop' | 'execSync' | 'fifo' | 'read' | 'gcThrash' | 'oom' | 'leak' | 'bursts' | 'litter' | 'inspect' | 'uninspect' | 'child' | 'ping'} Fault */

/** The folder through which tests and the fault extension talk. */
export class Hosts {
  /** @param {string} folder */
  static async in(folder) {
    await fs.mkdir(folder, { recursive: true });
    return new Hosts(folder);
  }

  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    /** For the VS Code server. */
    this.env = { LIFELINE_FAULTS_DIR: folder };
  }

  /** The host that was activated last. @returns {Promise<Host | null>} */
  current() {
    return readJson(path.join(this.folder, "host.json"));
  }

  /**
   * Waits for an activated host that is none of these.
   * @param {{not?: number[], atMostMs?: number}} [options] @returns {Promise<Host>}
   */
  next({ not = [], atMostMs = 30_000 } = {}) {
    const look = async () => {
      const host = await this.current();
      return host && !not.includes(host.pid) ? host : null;
    };
    return whenFolder(this.folder, look, {
      what: `an extension host other than ${not.join(", ") || "none"}`,
      atMostMs,
    });
  }

  /**
   * Injects a fault without the window's help, and returns when it is about to begin: the host says so and then freezes.
   * @param {Fault} fault @param {object} [args] @param {{pid?: number, atMostMs?: number}} [options] `pid`: this host, when there are several
   * @returns {Promise<{pid: number, at: number}>}
   */
  async inject(fault, args = {}, { pid, atMostMs = 10_000 } = {}) {
    const name = pid ? `${fault}@${pid}` : fault;
    const started = path.join(this.folder, `${name}.started`);
    await fs.rm(started, { force: true });
    const order = path.join(this.folder, `${name}.json`);
    await fs.writeFile(`${order}.tmp`, JSON.stringify(args));
    await fs.rename(`${order}.tmp`, order);
    return whenFolder(this.folder, () => readJson(started), { what: `the fault ${fault} begins`, atMostMs });
  }

  /** Whether the host's event loop turns. @param {{pid?: number, atMostMs?: number}} [options] */
  async answers({ pid, atMostMs = 10_000 } = {}) {
    try {
      await this.inject("ping", {}, { pid, atMostMs });
      return true;
    } catch {
      await fs.rm(path.join(this.folder, pid ? `ping@${pid}.json` : "ping.json"), { force: true });
      return false;
    }
  }

  /** Activations, deactivations and faults so far. @returns {Promise<any[]>} */
  async events() {
    const text = await fs.readFile(path.join(this.folder, "events.jsonl"), "utf8").catch(() => "");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }
}

/**
 * What /proc says about a process, for assertions.
 * @param {number} pid
 * @returns {Promise<null | {pid: number, ppid: number, state: string, startTicks: number, command: string[], rssBytes: number, threads: number,
 *   cpuTicks: number, mainCpuTicks: number, wchan: string, voluntarySwitches: number, involuntarySwitches: number, children: number[]}>} null: no such process
 */
export async function processFacts(pid) {
  try {
    const read = (/** @type {string} */ name) => fs.readFile(`/proc/${pid}/${name}`, "utf8");
    const [stat, mainStat, status, cmdline, wchan] = await Promise.all([
      read("stat"),
      read(`task/${pid}/stat`),
      read("status"),
      read("cmdline"),
      read("wchan").catch(() => ""),
    ]);
    // The name in parentheses may itself hold spaces and parentheses.
    const [fields, mainFields] = [stat, mainStat].map((text) => text.slice(text.lastIndexOf(")") + 2).split(" "));
    const number = (/** @type {string} */ name) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
    return {
      pid,
      ppid: Number(fields[1]),
      state: fields[0],
      startTicks: Number(fields[19]),
      command: cmdline.split("\0").slice(0, -1),
      rssBytes: number("VmRSS") * 1024,
      threads: number("Threads"),
      cpuTicks: Number(fields[11]) + Number(fields[12]),
      mainCpuTicks: Number(mainFields[11]) + Number(mainFields[12]),
      wchan,
      voluntarySwitches: number("voluntary_ctxt_switches"),
      involuntarySwitches: number("nonvoluntary_ctxt_switches"),
      children: await childrenOf(pid),
    };
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === "ENOENT" || code === "ESRCH") return null;
    throw error;
  }
}

/** @param {number} pid */
async function childrenOf(pid) {
  const lists = await fs
    .readdir(`/proc/${pid}/task`)
    .then((tasks) =>
      Promise.all(tasks.map((task) => fs.readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => ""))),
    );
  return lists.flatMap((text) => text.split(" ").filter(Boolean).map(Number));
}

/** All processes of this namespace. */
export async function processes() {
  const pids = (await fs.readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const facts = await Promise.all(pids.map(processFacts));
  return facts.filter((process) => process !== null);
}

/**
 * Waits until a process is as wanted. The kernel tells nobody, so this one looks every 20 ms.
 * @param {number} pid
 * @param {(facts: Awaited<ReturnType<typeof processFacts>>) => boolean} wanted gets null when there is no such process
 * @param {{what: string, atMostMs?: number}} options
 */
export async function whenProcess(pid, wanted, { what, atMostMs = 10_000 }) {
  const until = performance.now() + atMostMs;
  for (;;) {
    const facts = await processFacts(pid);
    if (wanted(facts)) return;
    if (performance.now() > until) {
      throw new Error(`${what}: not within ${atMostMs / 1000} s; process ${pid} is ${JSON.stringify(facts)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sends a signal to a process of this namespace, if it is still there: a host may have been restarted, a daemon replaced. @param {number} pid @param {NodeJS.Signals} name */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
  }
}

/** @param {number} pid @param {{atMostMs?: number}} [options] */
export async function whenGone(pid, options = {}) {
  await whenProcess(pid, (facts) => !facts || facts.state === "Z", { what: `process ${pid} ends`, ...options });
}
