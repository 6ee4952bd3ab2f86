// The clock as an argument: monotonic time, the time on the wall and timers, so that tests can hold them in the hand.
import { performance } from "node:perf_hooks";

/** Something that can be cancelled. */
export type Timer = unknown;

/** Monotonic milliseconds, the wall clock, and one-shot timers. */
export interface Clock {
  now(): number;
  after(ms: number, callback: () => void): Timer;
  cancel(timer: Timer): void;
  /** Milliseconds since 1970: it may jump, so it is for no deadline. */
  wallNow(): number;
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => setTimeout(callback, ms),
  cancel: (timer) => clearTimeout(timer as NodeJS.Timeout),
  wallNow: () => Date.now(),
};
