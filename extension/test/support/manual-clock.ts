// A clock in the test's hand: timers fire when the test moves it.
import type { Clock, Timer } from "../../src/pure/clock";

interface Pending {
  readonly at: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  private time = 1000;
  private readonly pending = new Set<Pending>();

  now(): number {
    return this.time;
  }

  wallNow(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): Timer {
    const timer: Pending = { at: this.time + ms, callback };
    this.pending.add(timer);
    return timer;
  }

  cancel(timer: Timer): void {
    this.pending.delete(timer as Pending);
  }

  /** Moves time, firing each timer at its own moment. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.pending].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.pending.delete(due);
      this.time = Math.max(this.time, due.at);
      due.callback();
    }
    this.time = end;
  }

  /** The machine slept, or our loop was blocked: time has passed, and every timer is late. */
  jump(ms: number): void {
    this.time += ms;
    this.advance(0);
  }
}

/** Lets sockets and promises do what they have to do. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

/** Waits in real time until something is true; the limit only ends a test that would hang. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (condition()) return;
    await settle();
  }
  throw new Error(`never happened: ${what}`);
}

/** Moves the clock in small steps until something is true; returns how far. Fails beyond `limitMs`. */
export async function advanceUntil(
  clock: ManualClock,
  what: string,
  condition: () => boolean,
  limitMs = 120_000,
): Promise<number> {
  for (let moved = 0; moved <= limitMs; moved += 100) {
    await settle();
    if (condition()) return moved;
    clock.advance(100);
  }
  throw new Error(`not within ${limitMs} ms: ${what}`);
}
