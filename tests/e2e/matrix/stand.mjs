// A test stand: one real VS Code with several windows, each a seat in which one case at a time is tried out, and an observer of them all.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { startLifeline } from "../harness/lifeline.mjs";
import { openWindow } from "../harness/vscode.mjs";
import { Observer } from "./observer.mjs";

/** A small heap, so that the memory faults arrive soon. */
export const HEAP_MB = 512;

/**
 * What is tried here is told by verdicts: a host whose memory grows is not to be restarted before it thrashes, nor an old one refreshed.
 */
const WITHOUT_CARE = {
  "lifeline.memory.criticalPercent": 100,
  "lifeline.memory.criticalSeconds": 1,
  "lifeline.refresh.after": 0,
};

/** A host that has just attached activates its extensions; a case begins when that is over. */
const SETTLED_AFTER_MS = 8_000;

const ORDERS_TAKEN_WITHIN_MS = 90_000;
const WELL_WITHIN_MS = 180_000;

/** VS Code gives up at the third exit in five minutes, Lifeline at the second: a page reload begins a new count. */
const EXITS_AT_MOST = 0;

/** @typedef {Awaited<ReturnType<typeof startLifeline>>} Lifeline */

export class Stand {
  /**
   * @param {Parameters<typeof startLifeline>[0]} inside from `enterNamespace`
   * @param {{seats: number, settings?: Record<string, unknown>}} options
   */
  static async start(inside, { seats, settings = {} }) {
    const lifeline = await startLifeline(inside, {
      settings: { ...WITHOUT_CARE, ...settings },
      nodeArgs: [`--max-old-space-size=${HEAP_MB}`],
    });
    const stand = new Stand(inside.root, lifeline);
    // The window that is open already serves as the first seat.
    stand.seats.push(new Seat(stand, lifeline.window, path.basename(lifeline.folder)));
    await Promise.all(Array.from({ length: seats - 1 }, () => stand.#open()));
    stand.seats.sort((a, b) => a.label.localeCompare(b.label));
    await Promise.all(stand.seats.map((seat) => seat.rest()));
    return stand;
  }

  #opened = 1;

  /** @param {string} root @param {Lifeline} lifeline */
  constructor(root, lifeline) {
    this.root = root;
    this.lifeline = lifeline;
    this.observer = new Observer(lifeline);
    /** @type {Seat[]} */
    this.seats = [];
  }

  get hosts() {
    return this.lifeline.hosts;
  }

  /** Opens one more window, and waits until it is well. */
  async openSeat() {
    const seat = await this.#open();
    await seat.rest();
    return seat;
  }

  /** A window that was closed. @param {Seat} seat */
  forget(seat) {
    this.seats = this.seats.filter((other) => other !== seat);
  }

  /** On a folder of its own: its name is what Lifeline calls the window. */
  async #open() {
    const label = `seat-${++this.#opened}`;
    const folder = path.join(this.root, label);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "notes.md"), "# Notes\n");
    const { browser, code } = this.lifeline;
    const seat = new Seat(this, await openWindow({ browser, url: code.url, folder }), label);
    this.seats.push(seat);
    return seat;
  }

  /** Hosts that live now, those of closed windows too. */
  livingHosts() {
    return this.observer.windows().flatMap(({ hostPid }) => (hostPid === null ? [] : [hostPid]));
  }

  async stop() {
    await this.observer.stop();
    await this.lifeline.stop();
  }
}

/** A window on the stand. */
export class Seat {
  /** Lifeline's name for the window; another one after each page reload. */
  windowId = "";

  /** @param {Stand} stand @param {import('../harness/window.mjs').Window} window @param {string} label */
  constructor(stand, window, label) {
    this.stand = stand;
    this.window = window;
    this.label = label;
    /** @type {Set<string>} Windows of earlier page loads. */
    this.former = new Set();
  }

  get standing() {
    return this.stand.observer.window(this.windowId);
  }

  /** The pid of the host. */
  get pid() {
    const pid = this.standing?.hostPid;
    if (!pid) throw new Error(`${this.label} has no extension host`);
    return pid;
  }

  /**
   * Waits until the window is well and nothing is on its way, with a full budget of restarts: reloads the page if one was spent.
   */
  async rest() {
    const { observer } = this.stand;
    const isWell = () => {
      const window = this.#attached();
      const since = window && observer.journal.attached.get(window.hostPid ?? 0);
      const settled = since !== undefined && Date.now() - since >= SETTLED_AFTER_MS;
      return settled && window?.verdict === "healthy" && window.phase === "watching" ? window : null;
    };
    const standing = await observer.when(isWell, { what: `${this.label} is well`, atMostMs: WELL_WITHIN_MS });
    this.windowId = standing.windowId;
    if (standing.restartsInWindow > EXITS_AT_MOST) await this.reload();
  }

  /** Reloads the page: another window to VS Code and to Lifeline. */
  async reload() {
    this.former.add(this.windowId);
    await this.window.reload();
    await this.rest();
  }

  /** @param {import('../harness/host.mjs').Fault} fault @param {object} [args] */
  inject(fault, args) {
    // While the machine sleeps, or a debugger holds it, a host takes no orders.
    return this.stand.hosts.inject(fault, args, { pid: this.pid, atMostMs: ORDERS_TAKEN_WITHIN_MS });
  }

  #attached() {
    const { observer } = this.stand;
    return observer.windows().find((w) => w.label === this.label && w.hostPid !== null && !this.former.has(w.windowId));
  }
}
