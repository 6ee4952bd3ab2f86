// Signs of life of the main thread: a beat each second with what its event loop and heap did and how long the user has been away, and a counter in shared memory for the worker.
import { type EventLoopUtilization, type IntervalHistogram, monitorEventLoopDelay, performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { BEAT_PERIOD_MS, type Beat } from "../generated/protocol";
import { everyStep } from "../pure/in-step";
import { Collections } from "./collections";

/** Resolution of the delay sampler. Each sample includes this wait, so it is subtracted. */
const RESOLUTION_MS = 20;
const COUNT_PERIOD_MS = 250;

/** Beats until disposed. */
export class Beats {
  /** Raised four times a second while the main thread turns. */
  readonly counter = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private readonly delay: IntervalHistogram;
  private readonly collections = new Collections();
  private readonly counting: NodeJS.Timeout;
  private readonly stopBeating: () => void;
  private lastUtilisation: EventLoopUtilization;
  private seq = 0;

  /** `inputIdleMs`: milliseconds since the user last did something; null when never. */
  constructor(
    send: (beat: Beat) => void,
    private readonly inputIdleMs: () => number | null,
  ) {
    this.delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.delay.enable();
    this.lastUtilisation = performance.eventLoopUtilization();
    this.counting = setInterval(() => Atomics.add(this.counter, 0, 1), COUNT_PERIOD_MS);
    this.stopBeating = everyStep(BEAT_PERIOD_MS, () => send(this.take()));
  }

  /** The beat of the time since the last one. */
  take(): Beat {
    const utilisation = performance.eventLoopUtilization();
    const since = performance.eventLoopUtilization(utilisation, this.lastUtilisation);
    this.lastUtilisation = utilisation;
    const heap = getHeapStatistics();
    const beat: Beat = {
      seq: ++this.seq,
      delayP50Ms: this.delayMs(this.delay.percentile(50)),
      delayP99Ms: this.delayMs(this.delay.percentile(99)),
      delayMaxMs: this.delayMs(this.delay.max),
      utilisation: Math.min(1, Math.max(0, since.utilization || 0)),
      heapUsedBytes: heap.used_heap_size,
      heapLimitBytes: heap.heap_size_limit,
      rssBytes: process.memoryUsage.rss(),
      heapFloorBytes: this.collections.floorBytes,
      gcMs: this.collections.takeMs(),
      inputIdleMs: this.inputIdleMs(),
    };
    this.delay.reset();
    return beat;
  }

  dispose(): void {
    clearInterval(this.counting);
    this.stopBeating();
    this.delay.disable();
    this.collections.dispose();
  }

  private delayMs(nanoseconds: number): number {
    // Without a sample the maximum is 0 and the percentiles are at the bottom of the histogram.
    const ms = nanoseconds / 1e6 - RESOLUTION_MS;
    return Number.isFinite(ms) && ms > 0 ? Math.round(ms * 100) / 100 : 0;
  }
}
