// Memory in words: a host's heap against its limit, where it is heading, and what the machine has left.
import type { MachineStatus, MemoryStatus, WindowStatus } from "../generated/protocol";
import { bytes, roughly, share, type Translate } from "./format";

/** A heap that grows or shrinks by less than this in a minute stays as it is. */
const STEADY_BYTES_PER_MINUTE = 1e6;
/** One value of `MemoryStatus.history` stands for this long. */
const HISTORY_STEP_MS = 10_000;
/** Widest sparkline, in characters. */
const SPARKLINE_WIDTH = 30;
const BLOCKS = "▁▂▃▄▅▆▇█";

/** How a window's host does with its memory; undefined before it has beaten, and from a daemon that does not tell. */
export function memoryOf(status: WindowStatus | undefined): MemoryStatus | undefined {
  return status?.memory ?? undefined;
}

/** `3.4 of 4.3 GB (78 %)`; undefined before the first beat. */
export function heapWords(status: WindowStatus, t: Translate): string | undefined {
  const { heapUsedBytes: used, heapLimitBytes: limit } = status;
  if (typeof used !== "number" || typeof limit !== "number" || limit <= 0) return undefined;
  return t("{0} ({1} %)", share(used, limit, t), Math.round((100 * used) / limit));
}

/** `grows by 12 MB/min`, `shrinks by 3 MB/min`, `steady`; undefined before there is a trend. */
export function trendWords({ bytesPerMinute }: MemoryStatus, t: Translate): string | undefined {
  if (typeof bytesPerMinute !== "number") return undefined;
  if (Math.abs(bytesPerMinute) < STEADY_BYTES_PER_MINUTE) return t("steady");
  return bytesPerMinute > 0
    ? t("grows by {0}/min", bytes(bytesPerMinute, t))
    : t("shrinks by {0}/min", bytes(-bytesPerMinute, t));
}

/** `6 min`, at the rate of the last minutes; undefined when it does not reach its limit. */
export function timeToLimit({ secondsToLimit }: MemoryStatus, t: Translate): string | undefined {
  return typeof secondsToLimit === "number" ? roughly(secondsToLimit, t) : undefined;
}

/** The whole line: `3.4 of 4.3 GB (78 %), grows by 150 MB/min, full in 6 min`. */
export function memoryLine(status: WindowStatus, t: Translate): string | undefined {
  const heap = heapWords(status, t);
  if (heap === undefined) return undefined;
  const memory = memoryOf(status);
  if (!memory) return heap;
  const left = timeToLimit(memory, t);
  return [heap, trendWords(memory, t), left && t("full in {0}", left)].filter(Boolean).join(", ");
}

/** Shares of the limit, oldest first, as blocks from empty to full. What does not fit is drawn by its highest value. */
export function sparkline(percents: readonly number[]): string {
  const each = Math.max(1, Math.ceil(percents.length / SPARKLINE_WIDTH));
  let line = "";
  // From the end, so that the newest values always have a block of their own width.
  for (let end = percents.length; end > 0; end -= each) {
    const highest = Math.max(...percents.slice(Math.max(0, end - each), end));
    const step = Math.floor((highest / 100) * BLOCKS.length);
    line = (BLOCKS[Math.min(BLOCKS.length - 1, Math.max(0, step))] ?? "") + line;
  }
  return line;
}

/** How long a sparkline's values span, in milliseconds. */
export function spanMs(history: readonly number[]): number {
  return history.length * HISTORY_STEP_MS;
}

/** `0.8 of 16 GB (5 %)` of memory that is left; undefined when the platform does not tell. */
export function memoryLeft(machine: MachineStatus | undefined, t: Translate): string | undefined {
  const { memoryAvailableBytes: left, memoryTotalBytes: total } = machine ?? {};
  if (typeof left !== "number" || typeof total !== "number" || total <= 0) return undefined;
  return t("{0} ({1} %)", share(left, total, t), Math.round((100 * left) / total));
}
