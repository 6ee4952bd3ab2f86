// Beats: what is measured is plausible, and a blocked loop shows.
import { afterEach, expect, test } from "vitest";
import type { Beat } from "../src/generated/protocol";
import { Beats } from "../src/host/beats";
import { until } from "./support/manual-clock";

let beats: Beats | undefined;
afterEach(() => beats?.dispose());

test("numbers rise, figures are finite, the counter moves", async () => {
  const sent: Beat[] = [];
  beats = new Beats((beat) => sent.push(beat));
  await until("two beats", () => sent.length >= 2);
  expect(sent.map(({ seq }) => seq).slice(0, 2)).toEqual([1, 2]);
  for (const beat of sent) {
    expect(Object.values(beat).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    expect(beat.utilisation).toBeLessThanOrEqual(1);
    expect(beat.delayP50Ms).toBeLessThanOrEqual(beat.delayMaxMs);
    expect(beat.heapUsedBytes).toBeLessThan(beat.heapLimitBytes);
    expect(beat.rssBytes).toBeGreaterThan(1e6);
  }
  expect(Atomics.load(beats.counter, 0)).toBeGreaterThan(0);
});

test("a block of the loop is in the maximum, and not in the beat after it", async () => {
  beats = new Beats(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const until = performance.now() + 400;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const blocked = beats.take();
  expect(blocked.delayMaxMs).toBeGreaterThan(300);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(beats.take().delayMaxMs).toBeLessThan(blocked.delayMaxMs);
});
