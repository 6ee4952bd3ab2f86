// Garbage collections of the main thread, as V8 reports them: how long they took, and what a full one left.
import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

/** Counts until disposed. */
export class Collections {
  /** Heap in use right after the last full collection, in bytes: what is really held. Null before the first. */
  floorBytes: number | null = null;
  private tookMs = 0;
  private readonly observer: PerformanceObserver;

  constructor() {
    this.observer = new PerformanceObserver((list) => this.collected(list.getEntries()));
    this.observer.observe({ entryTypes: ["gc"] });
  }

  /** Milliseconds spent since this was last asked. */
  takeMs(): number {
    const tookMs = this.tookMs;
    this.tookMs = 0;
    return Math.round(tookMs * 100) / 100;
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private collected(entries: readonly PerformanceEntry[]): void {
    for (const { duration } of entries) this.tookMs += duration;
    // Told in a turn of the loop soon after; what was allocated in between is part of it.
    if (entries.some(isFull)) this.floorBytes = getHeapStatistics().used_heap_size;
  }
}

function isFull({ detail }: PerformanceEntry): boolean {
  return (detail as { kind?: number } | undefined)?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
