// The doctor: what is asked of the program and believed of it, its rows, its problems, and what is said.
import { describe, expect, test } from "vitest";
import manifest from "../package.json";
import { countWrong, type Diagnosis, doctorArguments, readDiagnosis, readPreview } from "../src/pure/doctor";
import { type DoctorRow, doctorTree } from "../src/pure/doctor-tree";
import { doneSentence, samePreview, settingWords, wellSentence } from "../src/pure/doctor-words";
import { plain } from "../src/pure/format";
import { problemsOf, repairAt, repairOf, SOURCE } from "../src/pure/problems";
import { check, diagnosis, finding, repair, SETTINGS_FILE } from "./support/doctor";

function read(findings: unknown[], checks?: unknown[]): Diagnosis {
  const known = readDiagnosis(diagnosis(findings, checks));
  if (!known) throw new Error("it is not read");
  return known;
}
const only = (change: Record<string, unknown> = {}) => {
  const [one] = read([finding(change)]).findings;
  if (!one) throw new Error("there is no finding");
  return one;
};

describe("what is asked", () => {
  test("the editor's facts are announced, the folder where there is one", () => {
    expect(doctorArguments(undefined, ["--format", "json"])).toEqual(["doctor", "--editor", "-", "--format", "json"]);
    expect(doctorArguments("/a b", ["--fix", "x:0", "--yes"])).toEqual([
      ...["doctor", "--editor", "-", "--folder", "/a b"],
      ...["--fix", "x:0", "--yes"],
    ]);
  });
});

describe("what is believed", () => {
  test("all of a finding", () => {
    expect(only()).toEqual({
      id: "no-proxy-loopback",
      severity: "error",
      title: "The proxy is used for this machine itself",
      detail: "HTTPS_PROXY is http://proxy:3128, NO_PROXY is not set",
      why: "Claude Code cannot reach the editor.",
      source: "a measurement",
      fix: ["Add localhost to NO_PROXY.", "Restart VS Code."],
      place: { file: SETTINGS_FILE, line: 3, column: 5, endLine: 3, endColumn: 20 },
      repair: { kind: "edit", id: "no-proxy-loopback:0", label: "Add localhost to NO_PROXY", file: SETTINGS_FILE },
    });
  });
  test.each([
    "",
    "null",
    "[]",
    "{}",
    '"lifeline.doctor/1"',
    '{"schema":"lifeline.doctor/2","findings":[],"checks":[]}',
    '{"schema":"lifeline.doctor/1","findings":{}}',
    `${diagnosis([])}x`,
    diagnosis([]).slice(0, -1),
  ])("%s is no diagnosis", (text) => {
    expect(readDiagnosis(text)).toBeUndefined();
  });
  test.each([null, 7, "x", [], {}, finding({ title: " \u200b " }), finding({ title: 7 }), finding({ id: "--yes" })])(
    "%j is no finding, and takes no other along",
    (bad) => {
      expect(read([bad, finding()]).findings.map(({ id }) => id)).toEqual(["no-proxy-loopback"]);
    },
  );
  test("a severity or state that is newer than we are is not passed over", () => {
    expect(only({ severity: "catastrophe" }).severity).toBe("warning");
    expect(read([], [check({ state: "later" })]).checks[0]?.state).toBe("unknown");
  });
  test.each<[string, unknown]>([
    ["an id that is an option", repair({ id: "--yes" })],
    ["an id with a blank", repair({ id: "a b" })],
    ["an id without an end", repair({ id: "a".repeat(101) })],
    ["a kind that we do not know", repair({ kind: "run" })],
    ["a file that could be anywhere", repair({ file: "settings.json" })],
    ["a file of another user's language", repair({ file: "/a\0b" })],
    ["an edit of nothing", repair({ file: null })],
    ["a setting without a name", repair({ kind: "setting", setting: { value: 1 } })],
    ["a setting without a value", repair({ kind: "setting", setting: { name: "http.noProxy" } })],
    ["a setting that is none", repair({ kind: "setting", setting: { name: "a](command:b", value: 1 } })],
    ["no object", "edit"],
  ])("a repair with %s is none; the finding stays", (_, bad) => {
    expect(only({ repair: bad })).toMatchObject({ id: "no-proxy-loopback", repair: undefined });
  });
  test("a setting, whatever its value; null takes it away", () => {
    for (const value of [["localhost"], null, false, 0, "", { a: 1 }]) {
      const setting = { name: "http.noProxy", value };
      expect(only({ repair: repair({ kind: "setting", file: null, setting }) }).repair).toEqual({
        kind: "setting",
        id: "no-proxy-loopback:0",
        label: "Add localhost to NO_PROXY",
        ...setting,
      });
    }
  });
  test.each<[unknown, unknown]>([
    [{ file: SETTINGS_FILE }, { line: 1, column: 1, endLine: 1, endColumn: 1 }],
    [
      { file: SETTINGS_FILE, line: 5, column: 9, endLine: 2, endColumn: 1 },
      { line: 5, column: 9, endLine: 5, endColumn: 9 },
    ],
    [
      { file: SETTINGS_FILE, line: 0, column: -1, endLine: 1.5, endColumn: "9" },
      { line: 1, column: 1, endLine: 1, endColumn: 1 },
    ],
    [
      { file: SETTINGS_FILE, line: 2 ** 40 },
      { line: 1, column: 1, endLine: 1, endColumn: 1 },
    ],
    [
      { file: SETTINGS_FILE, line: 2, column: 9, endLine: 3, endColumn: 1 },
      { line: 2, column: 9, endLine: 3, endColumn: 1 },
    ],
  ])("the place %j is one that VS Code can show", (place, expected) => {
    expect(only({ place }).place).toEqual({ file: SETTINGS_FILE, ...(expected as object) });
  });
  test.each([null, {}, { file: "~/.claude/settings.json" }, { file: 7 }, "x"])("%j is no place", (place) => {
    expect(only({ place }).place).toBeUndefined();
  });
  test("a flood is cut", () => {
    const long = "x".repeat(100_000);
    const one = only({ title: long, detail: long, why: long, source: long, fix: Array(100).fill(long) });
    expect(JSON.stringify(one).length).toBeLessThan(30_000);
    expect(read(Array(1000).fill(finding()), Array(1000).fill(check())).findings.length).toBe(200);
  });
  test("invisible characters are taken out, half a character is not left behind", () => {
    expect(only({ detail: "a\u001b[31mb\u202ec\r\nd\u0000" }).detail).toBe("a[31mbc\nd");
    expect(only({ title: `${"x".repeat(299)}🙂` }).title).toBe(`${"x".repeat(299)}…`);
  });
  test("hints are nothing wrong", () => {
    const severities = ["hint", "warning", "error", "hint"].map((severity) => finding({ severity }));
    expect(countWrong(read(severities))).toBe(2);
  });
});

describe("a preview", () => {
  const preview = (change: object) => readPreview(JSON.stringify({ file: "/f", before: "a", after: "b", ...change }));
  test("texts as they are, null for no file, and the file that a link leads to", () => {
    expect(preview({ before: "a\r\n\t\u0000" })).toEqual({ file: "/f", before: "a\r\n\t\u0000", after: "b" });
    expect(preview({ before: null })).toEqual({ file: "/f", before: null, after: "b" });
    expect(preview({ file: "/dotfiles/f", after: null })).toEqual({ file: "/dotfiles/f", before: "a", after: null });
  });
  test.each([{ file: "f" }, { file: null }, { before: 7 }, { after: undefined }, { before: ["a"] }])(
    "%j is none",
    (change) => {
      expect(preview(change)).toBeUndefined();
    },
  );
  test("what is no JSON is none", () => expect(readPreview("")).toBeUndefined());
  test("a file that was changed meanwhile is told", () => {
    const shown = { file: "/f", before: "a", after: "b" };
    expect(samePreview(shown, { ...shown })).toBe(true);
    for (const change of [{ file: "/g" }, { before: "A" }, { after: null }]) {
      expect(samePreview(shown, { ...shown, ...change })).toBe(false);
    }
  });
});

describe("the rows", () => {
  const labels = (rows: readonly DoctorRow[]) => rows.map(({ label, description }) => [label, description]);
  test("by severity, the worst first; what was looked at is folded", () => {
    const rows = doctorTree(
      read(
        [finding({ severity: "hint" }), finding({ severity: "warning" }), finding()],
        [check(), check({ state: "ok" }), check({ state: "unknown", note: "no such file" })],
      ),
      plain,
    );
    expect(labels(rows)).toEqual([
      ["Errors", "1"],
      ["Warnings", "1"],
      ["Hints", "1"],
      ["What was looked at", "3 · 1 could not be made"],
    ]);
    expect(rows.map(({ collapsed }) => collapsed)).toEqual([false, false, false, true]);
    expect(rows[3]?.rows.map(({ icon, description }) => [icon?.icon, description])).toEqual([
      ["circle-filled", ""],
      ["pass", ""],
      ["question", "no such file"],
    ]);
  });
  test("a finding has its place, and under it all that is to be known", () => {
    const [group] = doctorTree(read([finding()]), plain);
    expect(group?.rows[0]).toMatchObject({
      label: "The proxy is used for this machine itself",
      description: "settings.json:3",
      icon: { icon: "error", color: "charts.red" },
      can: "finding fix place",
    });
    expect(labels(group?.rows[0]?.rows ?? [])).toEqual([
      ["HTTPS_PROXY is http://proxy:3128, NO_PROXY is not set", ""],
      ["Why it matters: Claude Code cannot reach the editor.", ""],
      ["To do, 1: Add localhost to NO_PROXY.", ""],
      ["To do, 2: Restart VS Code.", ""],
      ["Source: a measurement", ""],
    ]);
    const bare = { detail: null, why: null, source: null, fix: [], place: null, repair: null };
    expect(doctorTree(read([finding(bare)]), plain)[0]?.rows[0]).toMatchObject({ can: "finding", rows: [] });
  });
  test("nothing wrong is one green line, with or without hints", () => {
    const well = doctorTree(read([], [check({ state: "ok" })]), plain);
    expect(labels(well)).toEqual([
      ["Nothing is wrong", "1 check"],
      ["What was looked at", "1"],
    ]);
    expect(well[0]?.icon).toEqual({ icon: "pass", color: "charts.green" });
    expect(labels(doctorTree(read([finding({ severity: "hint" })], []), plain))).toEqual([
      ["Nothing is wrong", "0 checks"],
      ["Hints", "1"],
    ]);
  });
  test("no two rows have one id, also of findings that are the same", () => {
    const ids: string[] = [];
    const walk = (rows: readonly DoctorRow[]): void => {
      for (const row of rows) {
        ids.push(row.id);
        walk(row.rows);
      }
    };
    walk(doctorTree(read([finding(), finding(), finding({ severity: "hint" })], [check(), check()]), plain));
    expect(new Set(ids).size).toBe(ids.length);
  });
  test("hostile texts are escaped and stay on their line", () => {
    const bad = "a\n[x](command:y) **b** <img src=z>\n# c";
    const hostile = { title: bad, detail: bad, why: bad, source: bad, fix: [bad], repair: repair({ label: bad }) };
    const walk = (rows: readonly DoctorRow[]): DoctorRow[] => rows.flatMap((row) => [row, ...walk(row.rows)]);
    for (const { label, description, tooltip } of walk(
      doctorTree(read([finding(hostile)], [check({ title: bad, note: bad })]), plain),
    )) {
      expect(label + description).not.toContain("\n");
      expect(tooltip).not.toMatch(/\[x\]\(|[^\\]\*\*b|<img|^# c/m);
    }
  });
  test("package.json asks for exactly these words", () => {
    const menus = manifest.contributes.menus["view/item/context"].filter(({ when }) =>
      when.includes("lifeline.doctor"),
    );
    const words = menus.map(({ when }) => /viewItem =~ \/\\b(\w+)\\b\//.exec(when)?.[1]);
    expect(new Set(words)).toEqual(new Set(["finding", "fix", "place"]));
  });
});

describe("problems", () => {
  test("each finding that has a place, counted as VS Code counts", () => {
    const known = read([finding(), finding({ severity: "hint", why: null }), finding({ place: null })]);
    expect(problemsOf(known)).toEqual([
      {
        file: SETTINGS_FILE,
        ...{ line: 2, column: 4, endLine: 2, endColumn: 19 },
        severity: "error",
        message: "The proxy is used for this machine itself\nClaude Code cannot reach the editor.",
        code: "no-proxy-loopback",
      },
      {
        file: SETTINGS_FILE,
        ...{ line: 2, column: 4, endLine: 2, endColumn: 19 },
        severity: "information",
        message: "The proxy is used for this machine itself",
        code: "no-proxy-loopback",
      },
    ]);
  });
  test("a quick fix is for our own problem, at its place, when something can be done", () => {
    const elsewhere = { place: { file: SETTINGS_FILE, line: 9 }, repair: repair({ id: "b" }) };
    const known = read([finding({ repair: null }), finding({ repair: repair({ id: "a" }) }), finding(elsewhere)]);
    const at = { source: SOURCE, code: "no-proxy-loopback", file: SETTINGS_FILE, line: 2 };
    expect(repairAt(known, at)?.id).toBe("a");
    expect(repairAt(known, { ...at, line: 8 })?.id).toBe("b");
    for (const other of [{ source: "json" }, { code: "x" }, { file: "/f" }, { line: 3 }, { code: { value: "x" } }]) {
      expect(repairAt(known, { ...at, ...other })).toBeUndefined();
    }
  });
  test("a command is for a row or an id of this diagnosis, and for nothing else", () => {
    const known = read([finding({ repair: null }), finding()]);
    const [, row] = doctorTree(known, plain)[0]?.rows ?? [];
    expect(repairOf(known, row)?.id).toBe("no-proxy-loopback:0");
    expect(repairOf(known, row?.rows[0])?.id).toBe("no-proxy-loopback:0");
    expect(repairOf(known, { repairId: "no-proxy-loopback:0" })?.id).toBe("no-proxy-loopback:0");
    for (const bad of [undefined, null, 7, {}, { repairId: "x" }, { finding: 7 }, { finding: { repair: null } }]) {
      expect(repairOf(known, bad)).toBeUndefined();
    }
  });
});

describe("what is said", () => {
  test("that nothing is wrong, only when it is so", () => {
    const say = (severities: string[], checks: unknown[]) =>
      wellSentence(
        read(
          severities.map((severity) => finding({ severity })),
          checks,
        ),
        plain,
      );
    expect(say(["warning"], [check()])).toBeUndefined();
    expect(say([], [check()])).toBe("Lifeline: nothing is wrong (1 check).");
    expect(say([], [])).toBe("Lifeline: nothing is wrong (0 checks).");
    expect(say(["hint"], [check(), check()])).toMatch(/2 checks.*one hint/);
    expect(say(["hint", "hint"], [check()])).toMatch(/2 hints/);
  });
  test("a setting's value, in one line", () => {
    expect(settingWords(undefined, plain)).toBe("not set");
    expect(settingWords(["localhost", "a\nb"], plain)).toBe('["localhost","a\\nb"]');
    expect(settingWords("x".repeat(10_000), plain).length).toBeLessThan(600);
  });
  test("what was done, in the program's words", () => {
    expect(doneSentence("Lifeline: it is changed.\nTo undo: cp a b\n", plain)).toBe("it is changed. To undo: cp a b");
    expect(doneSentence(" \n", plain)).toBe("it is done");
  });
});
