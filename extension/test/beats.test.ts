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

test("a block of the loop is in the maximum, once", async () => {
  const sent: Beat[] = [];
  const beating = new Beats((beat) => sent.push(beat));
  beats = beating;
  await new Promise((resolve) => setTimeout(resolve, 60));
  const end = performance.now() + 600;
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 60));
  // The beat's own timer may have come first and taken it.
  const blocked = Math.max(...[...sent, beating.take()].map(({ delayMaxMs }) => delayMaxMs));
  expect(blocked).toBeGreaterThan(500);
  expect(beating.take().delayMaxMs).toBeLessThan(blocked);
});
