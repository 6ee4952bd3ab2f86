import { describe, expect, test } from "vitest";
import { Pulses } from "../src/pure/pulses";

/** Looks each 500 ms; the counter at each look. Returns what was sent: [when, counter, still]. */
function looked(counters: number[]): [number, number, number][] {
  const pulses = new Pulses(500, 0);
  return counters.flatMap((counter, n) => {
    const pulse = pulses.look(n, n * 500, counter);
    return pulse ? [[n * 500, pulse.counter, pulse.stillMs] as [number, number, number]] : [];
  });
}

describe("pulses", () => {
  test("once a second while the main thread turns", () => {
    expect(looked([1, 3, 5, 7, 9])).toEqual([
      [0, 1, 0],
      [1000, 5, 0],
      [2000, 9, 0],
    ]);
  });

  test("at each look while it stands still, with how long it has", () => {
    expect(looked([1, 3, 4, 4, 4, 6])).toEqual([
      [0, 1, 0],
      [1000, 4, 0],
      [1500, 4, 500],
      [2000, 4, 1000],
    ]);
  });

  test("a movement that was not told of by itself is told of with its age", () => {
    // It moved at 500 ms, which no pulse said; the one at 1000 ms says so.
    expect(looked([1, 3, 3, 3])).toEqual([
      [0, 1, 0],
      [1000, 3, 500],
      [1500, 3, 1000],
    ]);
  });

  test("timers that are a little early or late change nothing", () => {
    const pulses = new Pulses(500, 0);
    const sent = [0, 499, 1001, 1500, 1999, 2501, 3000].map((now, n) => pulses.look(n, now, n) !== undefined);
    expect(sent).toEqual([true, false, true, false, true, false, true]);
  });

  test("a step that was missed is made up for", () => {
    const pulses = new Pulses(500, 0);
    expect(pulses.look(0, 0, 1)).toBeDefined();
    expect(pulses.look(3, 1500, 2)).toBeDefined();
    expect(pulses.look(4, 2000, 3)).toBeDefined();
  });

  test("numbers rise by one, from where they were told to", () => {
    const pulses = new Pulses(500, 41);
    expect(pulses.take(0, 1).seq).toBe(42);
    expect(pulses.take(10, 1)).toEqual({ seq: 43, counter: 1, stillMs: 10 });
  });
});
