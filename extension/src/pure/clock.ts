// The clock as an argument: monotonic time and timers, so that tests can hold them in the hand.
import { performance } from "node:perf_hooks";
import { untilNextStep } from "./in-step";

/** Something that can be cancelled. */
export type Timer = unknown;

/** Monotonic milliseconds and one-shot timers. */
export interface Clock {
  now(): number;
  after(ms: number, callback: () => void): Timer;
  cancel(timer: Timer): void;
  /** Milliseconds to wait for the next step of a period (see `everyStep`); a clock without a wall has none. */
  untilStep?(periodMs: number): number;
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => setTimeout(callback, ms),
  cancel: (timer) => clearTimeout(timer as NodeJS.Timeout),
  untilStep: (periodMs) => untilNextStep(Date.now(), periodMs),
};
