import { describe, expect, test } from "vitest";
import { everyStep, untilNextStep } from "../src/pure/in-step";

/** A wall clock that the test moves, with one timer. */
class Wall {
  now: number;
  private due: { at: number; callback: () => void } | undefined;

  constructor(now: number) {
    this.now = now;
  }

  wallNow(): number {
    return this.now;
  }

  after(ms: number, callback: () => void): object {
    this.due = { at: this.now + ms, callback };
    return this.due;
  }

  cancel(timer: unknown): void {
    if (timer === this.due) this.due = undefined;
  }

  /** Fires the timer `early` milliseconds before it is due. False when there is none. */
  fire(early = 0): boolean {
    const due = this.due;
    if (!due) return false;
    this.now = due.at - early;
    due.callback();
    return true;
  }
}

describe("work in step", () => {
  test("falls on the multiples of the period, whenever it began", () => {
    for (const began of [12_000, 12_001, 12_499, 12_500, 12_999]) {
      const wall = new Wall(began);
      const at: number[] = [];
      const steps: number[] = [];
      everyStep(1000, (step) => steps.push(step) && at.push(wall.now), wall);
      for (let n = 0; n < 3; n++) wall.fire();
      expect(steps).toEqual(at.map((now) => now / 1000));
      expect(at.every((now) => now % 1000 === 0)).toBe(true);
      expect(at[1]).toBe((at[0] as number) + 1000);
      expect((at[0] as number) - began).toBeLessThanOrEqual(1500);
    }
  });

  test("a timer that fires early gives one step, not two", () => {
    const wall = new Wall(12_000);
    const at: number[] = [];
    everyStep(1000, () => at.push(wall.now), wall);
    for (let n = 0; n < 4; n++) wall.fire(1);
    expect(at).toEqual([12_999, 13_999, 14_999, 15_999]);
  });

  test("whatever the wall clock does, the next step is half a period to one and a half away", () => {
    for (const now of [0, 1, 999, 1000, 1e12 + 0.25, 1e12 + 999.75, -1]) {
      const wait = untilNextStep(now, 1000);
      expect(wait).toBeGreaterThanOrEqual(500);
      expect(wait).toBeLessThanOrEqual(1500);
    }
  });

  test("ends when it is told to", () => {
    const wall = new Wall(12_000);
    const stop = everyStep(1000, () => undefined, wall);
    expect(wall.fire()).toBe(true);
    stop();
    expect(wall.fire()).toBe(false);
  });
});
