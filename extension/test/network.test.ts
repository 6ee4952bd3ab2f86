// The network probe: what is asked, what is believed, how far it is, and the rows of its figures.
import { describe, expect, test } from "vitest";
import { readDiagnosis } from "../src/pure/doctor";
import { doctorTree } from "../src/pure/doctor-tree";
import { plain } from "../src/pure/format";
import { CONTACTS, probeOptions, progressWords, readContacts } from "../src/pure/network";
import { Lines } from "../src/pure/program";
import { diagnosis } from "./support/doctor";

describe("what is asked", () => {
  test("whom it contacts is asked without a yes, and nothing is measured by that", () => {
    expect(CONTACTS).toContain("--contacts");
    expect(CONTACTS).not.toContain("--yes");
  });
  test("idle connections only when they are wanted", () => {
    expect(probeOptions(false)).toEqual(["--probe", "--yes", "--probe-upload", "--progress", "json"]);
    expect(probeOptions(true)).toEqual(expect.arrayContaining(["--probe-idle", "360"]));
  });
});

describe("what is believed", () => {
  const api = { server: "https://api.anthropic.com:443", role: "api" };
  test("each server is named", () => {
    expect(readContacts(JSON.stringify([api, { server: "http://proxy:3128", role: "proxy" }], null, 2))).toEqual([
      "https://api.anthropic.com:443",
      "http://proxy:3128",
    ]);
  });
  test.each<[string, string]>([
    ["nothing", ""],
    ["no list", "{}"],
    ["an empty list", "[]"],
    ["a server without a name", JSON.stringify([api, { role: "api" }])],
    ["more than can be read", JSON.stringify(Array(11).fill(api))],
    ["two values", "[],[]"],
  ])("with %s nobody is asked", (_, text) => {
    expect(readContacts(text)).toBeUndefined();
  });
  test("the figures are rows, and none without a probe", () => {
    const printed = { ...JSON.parse(diagnosis([])), network: { words: ["The API, direct: 5 of 5 well.", 7] } };
    const known = readDiagnosis(JSON.stringify(printed));
    if (!known) throw new Error("it is not read");
    const row = doctorTree(known, plain).find(({ id }) => id === "network");
    expect(row?.rows.map(({ label }) => label)).toEqual(["The API, direct: 5 of 5 well."]);
    const without = readDiagnosis(diagnosis([]));
    expect(without && doctorTree(without, plain).some(({ id }) => id === "network")).toBe(false);
  });
});

describe("how far it is", () => {
  test.each([
    ['{"probe":"names","done":0,"all":1}', "looking up names"],
    ['{"probe":"ways","done":1,"all":3}', "measuring, 1 of 3"],
    ['{"probe":"waiting","done":30,"all":360}', "waiting, 30 of 360 s"],
    ['{"probe":"later","done":1,"all":3}', undefined],
    ['{"probe":"ways","done":"1","all":3}', undefined],
    ["It failed.", undefined],
  ])("%s", (line, words) => {
    expect(progressWords(line, plain)).toBe(words);
  });
  test("lines are put together from pieces; what is none of ours is said to people", () => {
    const taken: string[] = [];
    const lines = new Lines((line) => line.startsWith("{") && taken.push(line) > 0);
    for (const piece of ['{"a"', ":1}\n{", "}\nIt fai", "led.\n", "Why."]) lines.push(piece);
    expect(lines.words()).toBe("It failed.\nWhy.");
    expect(taken).toEqual(['{"a":1}', "{}"]);
  });
});
