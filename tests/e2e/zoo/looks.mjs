// Looks at the processes, at random intervals and from several sides: a client that stays, the command line, and one of the specimens itself.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { elapse } from "../harness/lifeline.mjs";
import { Wire } from "./wire.mjs";

const run = promisify(execFile);

/** From one look to the next. */
const APART_MS = { least: 1_000, most: 6_000 };
const SEEN_WITHIN_MS = 120_000;

export class Looks {
  /** How many were taken from each side. @type {Record<string, number>} */
  taken = {};
  /** The newest report. @type {any} */
  last = null;
  #fail = (/** @type {Error} */ _error) => {};
  /** Rejected when Lifeline does not answer. @type {Promise<never>} */
  failed = new Promise((_, reject) => {
    this.#fail = reject;
  });
  #stopped = false;
  /** @type {Set<{pids: number[], seen: () => void}>} */
  #waiting = new Set();
  /** Asks the specimen that looks. @type {(() => Promise<any>) | null} */
  #specimen = null;

  /** @param {import('./zoo.mjs').Zoo} zoo */
  constructor(zoo) {
    this.zoo = zoo;
    this.dice = zoo.dice("looks");
    /** Where the specimen that looks gets its orders. */
    this.orders = path.join(zoo.root, "orders.sock");
    // Who waits for it hears of it.
    this.failed.catch(() => {});
  }

  /** Waits for the specimen that looks, from now on. @returns {Promise<() => Promise<void>>} settled when it has looked once */
  async listen() {
    const server = createServer();
    const met = once(server, "connection");
    server.on("connection", (socket) => {
      socket
        .on("error", () => {})
        .on("close", () => {
          this.#specimen = null;
        });
      /** @type {((answer: any) => void)[]} */
      const asked = [];
      createInterface({ input: socket }).on("line", (line) => asked.shift()?.(JSON.parse(line)));
      this.#specimen = () =>
        new Promise((resolve, reject) => {
          asked.push(({ report, failed }) => (failed ? reject(new Error(failed)) : resolve(report)));
          socket.write("look\n");
        });
    });
    await new Promise((resolve) => server.listen(this.orders, () => resolve(undefined)));
    this.zoo.atTheEnd(() => server.close());
    return async () => {
      await met;
      this.#take(await this.#specimen?.());
    };
  }

  /** Looks again and again, until it is stopped. */
  begin() {
    this.#run().catch((error) => this.#fail(error));
  }

  async #run() {
    const wire = await Wire.open(this.zoo.socket);
    for (;;) {
      await elapse(this.dice.between(APART_MS.least, APART_MS.most));
      if (this.#stopped) break;
      const side = this.dice.oneOf(["client", "command line", "specimen"]);
      const [name, look] =
        side === "specimen" && this.#specimen
          ? [side, this.#specimen]
          : side === "command line"
            ? [side, () => this.#byCommandLine()]
            : ["client", () => wire.request("lifeline/orphans")];
      this.taken[name] = (this.taken[name] ?? 0) + 1;
      this.#take(await look());
    }
    wire.close();
  }

  stop() {
    this.#stopped = true;
  }

  /** Settled when a look has shown all of these: from then on Lifeline knows who started them. @param {...number} pids @returns {Promise<void>} */
  seen(...pids) {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`Lifeline has not seen ${pids.join(", ")}`));
      const timer = setTimeout(late, SEEN_WITHIN_MS);
      const seen = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add({ pids, seen });
    });
  }

  async #byCommandLine() {
    // It exits with 1 when something is certain.
    const { stdout } = await run(this.zoo.binary, ["orphans", "--all", "--format", "json"]).catch((error) => error);
    return JSON.parse(stdout);
  }

  /** @param {any} report */
  #take(report) {
    this.last = report;
    this.zoo.book.judged(report);
    const shown = new Set(report.processes.map((/** @type {any} */ one) => one.pid));
    for (const waiting of this.#waiting) {
      if (!waiting.pids.every((pid) => shown.has(pid))) continue;
      this.#waiting.delete(waiting);
      waiting.seen();
    }
  }
}
