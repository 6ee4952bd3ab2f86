// Memory in words.
import { describe, expect, test } from "vitest";
import { plain } from "../src/pure/format";
import { memoryLeft, memoryLine, memoryOf, spanMs, sparkline, timeToLimit, trendWords } from "../src/pure/memory";
import { memory, statusReport, windowStatus } from "./support/samples";

describe("a heap", () => {
  const line = (change: Parameters<typeof memory>[0]) =>
    memoryLine(windowStatus({ heapUsedBytes: 3.4e9, heapLimitBytes: 4.3e9, memory: memory(change) }), plain);
  test("against its limit, with where it is heading", () => {
    expect(line({ bytesPerMinute: 150e6, secondsToLimit: 360 })).toBe(
      "3.4 of 4.3 GB (79 %), grows by 150 MB/min, full in 6 min",
    );
    expect(line({ bytesPerMinute: -3.2e6 })).toBe("3.4 of 4.3 GB (79 %), shrinks by 3.2 MB/min");
    expect(line({ bytesPerMinute: -9e5 })).toBe("3.4 of 4.3 GB (79 %), steady");
    expect(line({})).toBe("3.4 of 4.3 GB (79 %)");
  });
  test("before the first beat there is nothing to say", () => {
    expect(memoryLine(windowStatus({ heapUsedBytes: null }), plain)).toBeUndefined();
    expect(memoryLine(windowStatus({ heapLimitBytes: 0 }), plain)).toBeUndefined();
    expect(memoryLine(windowStatus({ memory: null }), plain)).toBe("212 MB of 4.5 GB (5 %)");
    expect(memoryOf(undefined)).toBeUndefined();
    expect(trendWords(memory(), plain)).toBeUndefined();
    expect(timeToLimit(memory(), plain)).toBeUndefined();
    expect(timeToLimit(memory({ secondsToLimit: 0 }), plain)).toBe("0 s");
  });
});

describe("ten minutes in a line", () => {
  test("eight steps from empty to full", () => {
    expect(sparkline([0, 12, 13, 25, 38, 50, 63, 75, 88, 100])).toBe("▁▁▂▃▄▅▆▇██");
    expect(sparkline([-5, 250])).toBe("▁█");
    expect(sparkline([])).toBe("");
  });
  test("sixty values are drawn in pairs by the higher one, the newest with its own partner", () => {
    const history = Array.from({ length: 60 }, (_, i) => (i === 59 ? 100 : 0));
    expect(sparkline(history)).toBe(`${"▁".repeat(29)}█`);
    expect(sparkline([100, ...Array.from({ length: 60 }, () => 0)])).toBe(`█${"▁".repeat(20)}`);
    expect(spanMs(history)).toBe(600_000);
  });
});

test("what the machine has left", () => {
  const { machine } = statusReport();
  expect(memoryLeft(machine, plain)).toBe("800 MB of 16 GB (5 %)");
  expect(memoryLeft(undefined, plain)).toBeUndefined();
  expect(memoryLeft({ ...machine, memoryTotalBytes: 0 }, plain)).toBeUndefined();
  expect(memoryLeft({ ...machine, memoryAvailableBytes: null }, plain)).toBeUndefined();
});
