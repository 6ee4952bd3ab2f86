// Settings: what package.json promises is what the code does, and what the daemon defaults to.
import { describe, expect, test } from "vitest";
import manifest from "../package.json";
import words from "../package.nls.json";
import { DEFAULT_SETTINGS } from "../src/generated/protocol";
import { recoverySettings, uiSettings } from "../src/pure/settings";

const properties = manifest.contributes.configuration.properties as Record<
  string,
  { default: unknown; minimum?: number; enum?: string[]; markdownDescription: string }
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
  expect(uiSettings(byDefault)).toEqual({ statusBar: "always", notifications: "all", trace: "off", serverPath: "" });
});

describe("what a user may have written", () => {
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
