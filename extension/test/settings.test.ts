// Settings: what package.json promises is what the code does, and what the daemon defaults to.
import { describe, expect, test } from "vitest";
import manifest from "../package.json";
import words from "../package.nls.json";
import { DEFAULT_SETTINGS } from "../src/generated/protocol";
import { recoverySettings, uiSettings } from "../src/pure/settings";

const properties = manifest.contributes.configuration.properties as Record<
  string,
  { default: unknown; order: number; type: string; minimum?: number; maximum?: number; enum?: string[] }
>;
const byDefault = (name: string): unknown => properties[`lifeline.${name}`]?.default;

test("package.json's defaults are the daemon's", () => {
  expect(recoverySettings(byDefault)).toEqual(DEFAULT_SETTINGS);
  // Without any value the same comes out, so it really was package.json that was read above.
  expect(recoverySettings(() => undefined)).toEqual(DEFAULT_SETTINGS);
  for (const name of ["lateAfter", "deadlockAfter", "spinningAfter", "gcThrashAfter", "onChildAfter"] as const) {
    expect(byDefault(`recovery.${name}`)).toBe(DEFAULT_SETTINGS[`${name}Ms`] / 1000);
    expect(properties[`lifeline.recovery.${name}`]?.minimum).toBe(1);
  }
  expect(byDefault("refresh.after")).toBe(DEFAULT_SETTINGS.refreshAfterMinutes / 60);
  expect(byDefault("culprit.enabled")).toBe(DEFAULT_SETTINGS.nameCulprit);
  expect(byDefault("refresh.mode")).toBe(DEFAULT_SETTINGS.refresh);
  expect(byDefault("bridge.enabled")).toBe(DEFAULT_SETTINGS.bridgeConnections);
  expect(byDefault("sessions.restore")).toBe(DEFAULT_SETTINGS.restoreSessions);
  expect(byDefault("orphans.reap")).toBe(DEFAULT_SETTINGS.reap);
  expect(byDefault("relay.mode")).toBe(DEFAULT_SETTINGS.relay);
  expect(byDefault("relay.attempts")).toBe(DEFAULT_SETTINGS.relayAttempts);
  expect(byDefault("sessions.continue")).toBe(DEFAULT_SETTINGS.continueSessions);
  expect(uiSettings(byDefault)).toEqual({ statusBar: "always", notifications: "all", trace: "off", serverPath: "" });
});

test("each has its own place in the list", () => {
  const orders = Object.values(properties).map(({ order }) => order);
  expect(orders).toEqual(orders.map((_, i) => i + 1));
});

/** Whole numbers: the setting, and what it is called on the wire. */
const WHOLE = [
  ["memory.highPercent", "memoryHighPercent"],
  ["memory.highMinutes", "memoryHighMinutes"],
  ["memory.criticalPercent", "memoryCriticalPercent"],
  ["memory.criticalSeconds", "memoryCriticalSeconds"],
  ["memory.machineLowPercent", "machineMemoryLowPercent"],
  ["orphans.quietAfter", "reapQuietSeconds"],
  ["orphans.desertedAfter", "hostDesertedSeconds"],
  ["relay.stallAfter", "relayStallSeconds"],
  ["relay.budget", "relayBudgetSeconds"],
] as const;

describe("what a user may have written", () => {
  test.each(WHOLE)("%s is a whole number within what package.json promises", (name, wire) => {
    const read = (value: unknown) => recoverySettings((asked) => (asked === name ? value : undefined))[wire];
    const { type, minimum = Number.NaN, maximum = Number.NaN } = properties[`lifeline.${name}`] ?? {};
    expect(type).toBe("integer");
    expect(byDefault(name)).toBe(DEFAULT_SETTINGS[wire]);
    expect([read(minimum - 5), read(maximum + 5), read(33.4)]).toEqual([minimum, maximum, 33]);
    for (const no of ["7", null, Number.NaN, {}, true]) expect(read(no)).toBe(DEFAULT_SETTINGS[wire]);
  });
  test("attempts of the relay stay few", () => {
    const read = (value: unknown) =>
      recoverySettings((name) => (name === "relay.attempts" ? value : undefined)).relayAttempts;
    expect([read(0), read(7), read(99), read("x")]).toEqual([1, 7, 20, DEFAULT_SETTINGS.relayAttempts]);
  });
  test("the gateway's wishes: 0 pings is never, and there are two ways to speak", () => {
    const read = (name: string, value: unknown) => recoverySettings((asked) => (asked === name ? value : undefined));
    expect([0, 1, 2, 9].map((value) => read("relay.billedRetries", value).relayBilledRetries)).toEqual([0, 1, 2, 2]);
    expect([0, 1, 30, 999, "x"].map((value) => read("relay.pingAfter", value).relayPingSeconds)).toEqual([
      0, 5, 30, 300, 0,
    ]);
    expect(["auto", "1.1", "2", 1].map((value) => read("relay.http", value).relayHttp)).toEqual([
      "auto",
      "1.1",
      "auto",
      "auto",
    ]);
    for (const name of ["relay.billedRetries", "relay.pingAfter", "relay.http"])
      expect(recoverySettings((asked) => (asked === name ? byDefault(name) : undefined))).toEqual(DEFAULT_SETTINGS);
  });
  test("hours until a refresh become minutes; only 0 is never", () => {
    const read = (hours: unknown) =>
      recoverySettings((name) => (name === "refresh.after" ? hours : undefined)).refreshAfterMinutes;
    expect([read(0), read(0.5), read(3), read(0.001), read(1e9)]).toEqual([0, 30, 180, 1, 168 * 60]);
    expect(read(-1)).toBe(0);
    for (const no of ["0", null, Number.NaN, false]) expect(read(no)).toBe(120);
    expect(properties["lifeline.refresh.after"]).toMatchObject({ minimum: 0, maximum: 168 });
  });
  test("a switch is on or off, a mode is one of two", () => {
    const settings = (value: unknown) => recoverySettings(() => value);
    expect([settings(false).nameCulprit, settings(true).nameCulprit, settings("no").nameCulprit]).toEqual([
      false,
      true,
      true,
    ]);
    expect([settings("automatic").refresh, settings("offer").refresh, settings("never").refresh]).toEqual([
      "automatic",
      "offer",
      "offer",
    ]);
    expect(properties["lifeline.refresh.mode"]?.enum).toEqual(["offer", "automatic"]);
  });
  test.each([
    ["sessions.restore", "restoreSessions"],
    ["sessions.continue", "continueSessions"],
  ] as const)("%s is one of three", (name, wire) => {
    const read = (value: unknown) => recoverySettings((asked) => (asked === name ? value : undefined))[wire];
    expect(properties[`lifeline.${name}`]?.enum).toEqual(["automatic", "ask", "never"]);
    expect(["automatic", "ask", "never", "always", true].map(read)).toEqual([
      "automatic",
      "ask",
      "never",
      "ask",
      "ask",
    ]);
  });
  test("what is done about leaked processes is one of three", () => {
    const read = (value: unknown) => recoverySettings((name) => (name === "orphans.reap" ? value : undefined)).reap;
    expect(properties["lifeline.orphans.reap"]?.enum).toEqual(["certain", "ask", "never"]);
    expect(["certain", "ask", "never", "all", true].map(read)).toEqual(["certain", "ask", "never", "ask", "ask"]);
  });
  test("the bridge is on unless it is switched off", () => {
    const read = (value: unknown) => recoverySettings((asked) => (asked === "bridge.enabled" ? value : undefined));
    expect([false, true, "no", null].map((value) => read(value).bridgeConnections)).toEqual([false, true, true, true]);
  });

  test("seconds become milliseconds, within one second and one hour", () => {
    const read = (seconds: unknown) =>
      recoverySettings((name) => (name === "recovery.lateAfter" ? seconds : undefined)).lateAfterMs;
    expect(read(7)).toBe(7000);
    expect(read(1.5)).toBe(1500);
    expect(read(0)).toBe(1000);
    expect(read(-3)).toBe(1000);
    expect(read(1e9)).toBe(3_600_000);
    for (const wrong of ["7", null, Number.NaN, Number.POSITIVE_INFINITY, {}, true]) expect(read(wrong)).toBe(3000);
  });
  test("an unknown choice is the default", () => {
    expect(recoverySettings(() => "yes").mode).toBe("automatic");
    expect(uiSettings(() => 7)).toEqual({ statusBar: "always", notifications: "all", trace: "off", serverPath: "" });
    expect(uiSettings(() => "never").statusBar).toBe("never");
  });
});

test("every word that package.json refers to exists, and none is left over", () => {
  const used = [...JSON.stringify(manifest).matchAll(/"%([^%]+)%"/g)].map((match) => match[1] as string);
  expect(new Set(used)).toEqual(new Set(Object.keys(words)));
});

test("the extension does not look like an official one", () => {
  expect(`${manifest.publisher}.${manifest.name} ${manifest.displayName}`).not.toMatch(/claude|anthropic/i);
  expect(words.description).toContain("Unofficial; for Claude Code");
});
