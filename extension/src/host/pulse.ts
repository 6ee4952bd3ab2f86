// Keeps the worker thread running: starts it, hands it the latest context and settings, starts it again when it dies.
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { backoffDelay } from "../pure/backoff";
import type { FromPulse, PulseStart, ToPulse } from "./pulse-messages";

/** V8 limits of the worker, in MB. Measured on Node 20: it adds 12 MB of resident memory, 10 of which an empty worker takes too. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4, stackSizeMb: 2 };
/** A worker that ran this long was a good one. */
const STABLE_MS = 60_000;

/** The worker thread, seen from the main thread. */
export class PulseThread {
  private worker: Worker | undefined;
  private stopped = false;
  private failures = 0;
  private retry: NodeJS.Timeout | undefined;
  private readonly latest = new Map<ToPulse["kind"], ToPulse>();

  constructor(
    private readonly script: string,
    private readonly start: () => PulseStart,
    private readonly received: (message: FromPulse) => void,
    private readonly log: (line: string) => void,
  ) {
    this.spawn();
  }

  /** Hands a message over now, and again to each worker that is started later. */
  post(message: ToPulse): void {
    this.latest.set(message.kind, message);
    this.worker?.postMessage(message);
  }

  async dispose(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retry);
    await this.worker?.terminate();
  }

  private spawn(): void {
    if (this.stopped) return;
    const began = performance.now();
    let ended = false;
    const end = (why: string): void => {
      if (ended) return;
      ended = true;
      this.worker = undefined;
      if (this.stopped) return;
      this.failures = performance.now() - began > STABLE_MS ? 1 : this.failures + 1;
      this.log(`the pulse thread ended (${why}); it is started again`);
      this.retry = setTimeout(() => this.spawn(), backoffDelay(this.failures, Math.random()));
    };
    let worker: Worker;
    try {
      // No inherited flags: `--inspect` or a preloaded module is the main thread's business.
      worker = new Worker(this.script, { workerData: this.start(), resourceLimits: RESOURCE_LIMITS, execArgv: [] });
    } catch (error) {
      end(String(error));
      return;
    }
    this.worker = worker;
    worker.unref();
    worker.on("message", (message: FromPulse) => this.received(message));
    worker.on("error", (error) => end(error.message));
    worker.on("exit", (code) => end(`exit code ${code}`));
    for (const message of this.latest.values()) worker.postMessage(message);
  }
}
