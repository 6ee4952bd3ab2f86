// Processes as the view shows them: grades, reasons, what can be done, and what is read off the wire.
import { describe, expect, test } from "vitest";
import manifest from "../package.json";
import type { ProcessesReport, ProcessStatus } from "../src/generated/protocol";
import { plain } from "../src/pure/format";
import { certainOnes, endingLines, processTree } from "../src/pure/process-tree";
import { readProcesses, readReaped } from "../src/pure/wire-checks";
import { ID } from "./support/samples";

const process = (change: Partial<ProcessStatus> = {}): ProcessStatus => ({
  id: `${change.pid ?? 7}@1`,
  pid: 7,
  parentPid: 1,
  kind: "session",
  grade: "certain",
  command: "claude",
  sessionId: ID,
  folder: "/home/me/project",
  transcript: "/t.jsonl",
  ageMs: 7_200_000,
  rssBytes: 195e6,
  treePids: [change.pid ?? 7],
  treeBytes: 195e6,
  why: ["its owner has ended", "nobody can write to it"],
  doubts: [],
  ...change,
});
const report = (...processes: ProcessStatus[]): ProcessesReport => ({
  processes,
  mode: "ask",
  givenBackProcesses: 0,
  givenBackBytes: 0,
});

describe("the rows", () => {
  test("by grade, with the first reason; those in use are folded", () => {
    const rows = processTree(report(process(), process({ pid: 8, grade: "inUse" })), plain);
    expect(rows.map(({ label, description, collapsed }) => [label, description, collapsed])).toEqual([
      ["Left behind", "1 · 195 MB", false],
      ["In use", "1 · 195 MB", true],
    ]);
    expect(rows[0]?.rows[0]).toMatchObject({
      label: "claude (7)",
      description: "2 h · 195 MB · its owner has ended",
      can: "process end resume copy transcript",
      processId: "7@1",
    });
    expect(rows[1]?.rows[0]).toMatchObject({ description: "2 h · 195 MB", can: "process copy transcript" });
  });
  test("a grade that is newer than this extension is in use", () => {
    expect(processTree(report(process({ grade: "surely" })), plain)[0]?.label).toBe("In use");
  });
  test("hostile names are escaped and stay on their line", () => {
    const row = processTree(report(process({ command: "a\n[x](command:y) **b**", doubts: ["<b>"] })), plain)[0]
      ?.rows[0];
    expect(row?.label).not.toContain("\n");
    expect(row?.tooltip).not.toMatch(/\[x\]\(|[^\\]\*\*b|<b>/);
  });
  test("what ends with another is not ended for itself", () => {
    const root = process({ treePids: [7, 8] });
    const all = report(root, process({ pid: 8 }), process({ pid: 9, grade: "suspect" }));
    expect(certainOnes(all).map(({ pid }) => pid)).toEqual([7]);
    expect(endingLines([root], plain)).toBe(
      "7 claude with 1 more, 195 MB: its owner has ended; nobody can write to it",
    );
  });
  test("package.json asks for exactly these words", () => {
    const menus = manifest.contributes.menus["view/item/context"].filter(({ when }) =>
      when.includes("lifeline.processes"),
    );
    const words = menus.map(({ when }) => /viewItem =~ \/\\b(\w+)\\b\//.exec(when)?.[1]);
    expect(new Set(words)).toEqual(new Set(["end", "resume", "copy", "transcript"]));
  });
});

test("what is no process is left out", () => {
  for (const bad of [null, 7, "x", [], { processes: 7 }]) expect(readProcesses(bad).processes).toEqual([]);
  const [read] = readProcesses({ ...report(process()), processes: [process(), { pid: 1 }, null] }).processes;
  expect(read).toEqual(process());
  expect(readProcesses({ processes: [{ ...process(), sessionId: "../x", why: [1, "a"] }] }).processes[0]).toMatchObject(
    {
      sessionId: null,
      why: ["a"],
    },
  );
  expect(readReaped([{ id: "7@1", ended: [7, "8"], bytes: 5 }, 3])).toEqual([
    { id: "7@1", ended: [7], left: [], bytes: 5, reason: null },
  ]);
  expect(readReaped("no")).toEqual([]);
});
