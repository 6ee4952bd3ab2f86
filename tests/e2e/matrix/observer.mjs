// What Lifeline thinks of every window, over time: its own status, asked for again and again, and its journal, read as it grows.
import { open, readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pass } from "node:timers/promises";

/** Verdicts change once a second at most, with our own tick. */
const LOOK_EVERY_MS = 200;

/**
 * How a window stood at a moment, as `lifeline status --format json` says it.
 * @typedef {{windowId: string, label: string, hostPid: number | null, verdict: string, phase: string, silentMs: number | null,
 *   restartsInWindow: number, heapUsedBytes: number | null, heapLimitBytes: number | null, evidence: {witness: string, text: string}[]}} Standing
 */
/** @typedef {{at: number, until: number, verdict: string, phase: string, silentMs: number | null, evidence: string[]}} Stretch `at`, `until`: first and last seen so, ms since 1970 */

/** Looks until stopped. */
export class Observer {
  /** @type {Map<string, Standing>} */ #now = new Map();
  /** @type {Map<string, Stretch[]>} */ #history = new Map();
  /** @type {Set<() => void>} */ #waiting = new Set();
  #stopped = false;

  /** @param {{cli: (...args: string[]) => Promise<{stdout: string}>, stateDir: string}} lifeline */
  constructor({ cli, stateDir }) {
    this.cli = cli;
    this.journal = new JournalTail(path.join(stateDir, "journal"));
    this.done = this.#run();
  }

  /** Windows as they stand now. */
  windows() {
    return [...this.#now.values()];
  }

  /** @param {string} windowId */
  window(windowId) {
    return this.#now.get(windowId) ?? null;
  }

  /** What a window was said to be since a time: one entry for each change of the verdict, the first one cut there. @param {string} windowId @param {number} since */
  since(windowId, since) {
    const stretches = (this.#history.get(windowId) ?? []).filter((stretch) => stretch.until >= since);
    return stretches.map((stretch) => ({ ...stretch, at: Math.max(stretch.at, since) }));
  }

  /**
   * Waits until a look shows what is wanted.
   * @template T @param {() => T} look @param {{what: string, atMostMs?: number}} options @returns {Promise<NonNullable<T>>}
   */
  async when(look, { what, atMostMs = 60_000 }) {
    const until = performance.now() + atMostMs;
    for (;;) {
      const found = look();
      if (found) return found;
      if (performance.now() > until) {
        const windows = this.windows().map((w) => `${w.label} (${w.hostPid}): ${w.verdict}, ${w.phase}`);
        throw new Error(`${what}: not within ${atMostMs / 1000} s; ${windows.join("; ")}`);
      }
      await new Promise((resolve) => {
        this.#waiting.add(() => resolve(null));
      });
    }
  }

  async stop() {
    this.#stopped = true;
    await this.done;
  }

  async #run() {
    while (!this.#stopped) {
      const [{ stdout }] = await Promise.all([this.cli("status", "--format", "json"), this.journal.read()]);
      // Without a daemon there is nothing to see; that is for the test to notice.
      if (stdout.startsWith("{")) this.#saw(JSON.parse(stdout).windows, Date.now());
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
      await pass(LOOK_EVERY_MS);
    }
  }

  /** @param {Standing[]} windows @param {number} at */
  #saw(windows, at) {
    this.#now = new Map(windows.map((window) => [window.windowId, window]));
    for (const { windowId, verdict, phase, silentMs, evidence } of windows) {
      const history = this.#history.get(windowId) ?? [];
      this.#history.set(windowId, history);
      const last = history.at(-1);
      if (last?.verdict === verdict && last.phase === phase) last.until = at;
      else history.push({ at, until: at, verdict, phase, silentMs, evidence: evidence.map((item) => item.text) });
    }
  }
}

/** The journal, each line once. */
class JournalTail {
  /** @type {Map<string, {offset: number, rest: string}>} */ #files = new Map();
  /** Decisions to kill; `at`: when we read that, in ms since 1970. @type {{at: number, pid: number, verdict: string, evidence: any[]}[]} */ kills =
    [];
  /** Incidents as last recorded. @type {Map<number, any>} */ incidents = new Map();
  /** Hosts whose worker thread has attached, and when we read that. @type {Map<number, number>} */ attached =
    new Map();

  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  async read() {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => name.endsWith(".jsonl"));
    names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    for (const name of names) await this.#readOn(name);
  }

  /** @param {string} name */
  async #readOn(name) {
    const file = this.#files.get(name) ?? { offset: 0, rest: "" };
    this.#files.set(name, file);
    const handle = await open(path.join(this.folder, name));
    try {
      const { size } = await handle.stat();
      if (size <= file.offset) return;
      const bytes = Buffer.alloc(size - file.offset);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, file.offset);
      file.offset += bytesRead;
      const lines = (file.rest + bytes.toString("latin1", 0, bytesRead)).split("\n");
      file.rest = lines.pop() ?? "";
      for (const line of lines) if (line) this.#take(JSON.parse(Buffer.from(line, "latin1").toString()));
    } finally {
      await handle.close();
    }
  }

  /** @param {import('../harness/lifeline.mjs').JournalLine} line */
  #take({ event, decision }) {
    if (decision?.killHost) {
      const { host, verdict, evidence } = decision.killHost;
      this.kills.push({ at: Date.now(), pid: host.pid, verdict, evidence });
    } else if (decision?.record) {
      const { incident } = decision.record;
      this.incidents.set(incident.id, incident);
    } else if (event?.attached?.role === "worker") {
      this.attached.set(event.attached.host.pid, Date.now());
    }
  }
}
