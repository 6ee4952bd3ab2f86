// When the worker pulses: once a second while the main thread turns, and at each look while it stands still.
import type { Pulse } from "../generated/protocol";

/** Decides at each look at the main thread's counter. */
export class Pulses {
  private counter: number | undefined;
  private movedAt = 0;
  private sentAt = Number.NEGATIVE_INFINITY;

  /** `lookPeriodMs`: time between two looks, in milliseconds. `seq`: the number before the first pulse. */
  constructor(
    private readonly lookPeriodMs: number,
    private seq: number,
  ) {}

  /** The look of this step (see `everyStep`): the pulse that is due, or undefined. `now` in monotonic milliseconds. */
  look(step: number, now: number, counter: number): Pulse | undefined {
    const moved = counter !== this.counter;
    if (moved) {
      this.counter = counter;
      this.movedAt = now;
    }
    // At every second step, the same one everywhere; a timer that was late may have missed it.
    if (moved && step % 2 !== 0 && now - this.sentAt < 2 * this.lookPeriodMs) return undefined;
    return this.take(now, counter);
  }

  /** A pulse whatever is due, for a daemon that has just come. */
  take(now: number, counter: number): Pulse {
    if (counter !== this.counter) {
      this.counter = counter;
      this.movedAt = now;
    }
    this.sentAt = now;
    return { seq: ++this.seq, counter, stillMs: Math.round(now - this.movedAt) };
  }
}
