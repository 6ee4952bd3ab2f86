// Beats: what is measured is plausible, and a blocked loop shows.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import type { Beat } from "../src/generated/protocol";
import { Beats } from "../src/host/beats";
import { Collections } from "../src/host/collections";
import { until } from "./support/manual-clock";

let beats: Beats | undefined;
afterEach(() => beats?.dispose());

test("numbers rise, figures are finite, the counter moves", async () => {
  const sent: Beat[] = [];
  beats = new Beats(
    (beat) => sent.push(beat),
    () => 1234,
  );
  await until("two beats", () => sent.length >= 2);
  expect(sent.map(({ seq }) => seq).slice(0, 2)).toEqual([1, 2]);
  for (const beat of sent) {
    const { heapFloorBytes, ...figures } = beat;
    expect(Object.values(figures).every((value) => Number.isFinite(value) && Number(value) >= 0)).toBe(true);
    if (heapFloorBytes !== null) expect(heapFloorBytes).toBeLessThan(beat.heapLimitBytes);
    expect(beat.inputIdleMs).toBe(1234);
    expect(beat.utilisation).toBeLessThanOrEqual(1);
    expect(beat.delayP50Ms).toBeLessThanOrEqual(beat.delayMaxMs);
    expect(beat.heapUsedBytes).toBeLessThan(beat.heapLimitBytes);
    expect(beat.rssBytes).toBeGreaterThan(1e6);
  }
  expect(Atomics.load(beats.counter, 0)).toBeGreaterThan(0);
});

test("a block of the loop is in the maximum, once", async () => {
  const sent: Beat[] = [];
  const beating = new Beats(
    (beat) => sent.push(beat),
    () => null,
  );
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

/** V8's own collection, full or not. */
function collector(): (options?: { type: "minor" }) => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

describe("garbage collections", () => {
  let collections: Collections;
  afterEach(() => collections.dispose());

  test("a full one leaves its floor, and what was let go is no longer in it", async () => {
    const collect = collector();
    collections = new Collections();
    let ballast: unknown[] = Array.from({ length: 300_000 }, (_, i) => ({ i }));
    collect();
    await until("a full collection", () => collections.floorBytes !== null);
    const floor = collections.floorBytes ?? 0;
    expect(ballast.length).toBe(300_000);
    ballast = [];
    collect();
    await until("a lower floor", () => (collections.floorBytes ?? floor) < floor - 5e6);
  });

  test("a small one takes time and says nothing of the floor", async () => {
    const collect = collector();
    collections = new Collections();
    collect({ type: "minor" });
    let tookMs = 0;
    await until("a collection", () => {
      tookMs += collections.takeMs();
      return tookMs > 0;
    });
    expect(collections.floorBytes).toBeNull();
    expect(collections.takeMs()).toBe(0);
  });

  test("a disposed one hears of no more", async () => {
    const collect = collector();
    collections = new Collections();
    const gone = new Collections();
    gone.dispose();
    collect();
    await until("the other one was told", () => collections.floorBytes !== null);
    expect([gone.floorBytes, gone.takeMs()]).toEqual([null, 0]);
  });

  test("they are in the beat", async () => {
    const collect = collector();
    collections = new Collections();
    const beating = new Beats(
      () => undefined,
      () => null,
    );
    beats = beating;
    expect(beating.take()).toMatchObject({ heapFloorBytes: null, inputIdleMs: null });
    collect();
    let gcMs = 0;
    await until("a beat with a floor", () => {
      const beat = beating.take();
      gcMs += beat.gcMs;
      return beat.heapFloorBytes !== null;
    });
    expect(gcMs).toBeGreaterThan(0);
  });
});
