// The editor's context within its limits.
import { expect, test } from "vitest";
import { type EditorContext, MAX_FRAME_BYTES, type Tab } from "../src/generated/protocol";
import { boundContext, risksOf } from "../src/pure/context";
import { context } from "./support/samples";

const tab = (change: Partial<Tab> = {}): Tab => ({
  label: "a",
  kind: "text",
  uri: "file:///a",
  viewType: null,
  dirty: false,
  active: false,
  pinned: false,
  group: 1,
  ...change,
});
const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

test("an ordinary context is left as it is", () => {
  const ordinary = context({
    tabs: [tab(), tab({ kind: "custom", viewType: "drawing" })],
    visibleEditors: [
      { uri: "file:///a", selections: [{ anchorLine: 0, anchorColumn: 0, activeLine: 1, activeColumn: 2 }] },
    ],
    dirtyDocuments: ["file:///a"],
    dirtyCustomEditors: ["file:///b"],
    debugSessions: [{ name: "n", kind: "node" }],
    terminals: [{ name: "bash", pid: 7, cwd: "/home" }],
    runningTasks: ["build", "build"],
  });
  expect(boundContext(ordinary)).toEqual(ordinary);
});

test("a monstrous one fits into a frame, and what a kill would lose is still in it", () => {
  const long = (i: number, length: number): string => `file:///${i}/${"ü".repeat(length)}`;
  const monster: EditorContext = {
    workspaceFolders: many(5000, (i) => long(i, 1500)),
    tabs: many(50_000, (i) => tab({ uri: long(i, 1500), label: "x".repeat(10_000), viewType: "y".repeat(10_000) })),
    visibleEditors: many(1000, (i) => ({
      uri: long(i, 1500),
      selections: many(1000, () => ({ anchorLine: 1e9, anchorColumn: 1e9, activeLine: 1e9, activeColumn: 1e9 })),
    })),
    dirtyDocuments: many(50_000, (i) => long(i, 1500)),
    dirtyCustomEditors: many(5000, (i) => long(i, 5000)),
    dirtyNotebooks: [long(1, 100_000)],
    debugSessions: many(5000, () => ({ name: "n".repeat(10_000), kind: "k".repeat(10_000) })),
    terminals: many(5000, () => ({ name: "t".repeat(10_000), pid: 1, cwd: "/".repeat(10_000) })),
    runningTasks: many(5000, () => "r".repeat(10_000)),
  };
  const bounded = boundContext(monster);
  expect(Buffer.byteLength(JSON.stringify(bounded))).toBeLessThan(MAX_FRAME_BYTES);
  expect(bounded.tabs.length).toBeGreaterThan(100);
  expect(bounded.dirtyCustomEditors.length).toBe(100);
  expect(bounded.dirtyNotebooks.length).toBe(1);
  expect(bounded.debugSessions.length).toBe(100);
  expect(bounded.runningTasks.length).toBe(100);
  expect(bounded.runningTasks[0]?.length).toBe(300);
});

test("at most 2,000 tabs; an address that is too long is left out, not cut into another one", () => {
  const bounded = boundContext(
    context({ tabs: [tab({ uri: `data:${"x".repeat(3000)}` }), ...many(3000, () => tab())] }),
  );
  expect(bounded.tabs.length).toBe(2000);
  expect(bounded.tabs[0]).toEqual(tab({ uri: null }));
});

test("risks are custom editors, notebooks and debug sessions; nothing else", () => {
  const base = risksOf(context());
  expect(
    risksOf(
      context({
        dirtyDocuments: ["a"],
        tabs: [tab()],
        terminals: [{ name: "", pid: 1, cwd: null }],
        runningTasks: ["build"],
      }),
    ),
  ).toBe(base);
  expect(risksOf(context({ dirtyCustomEditors: ["a"] }))).not.toBe(base);
  expect(risksOf(context({ dirtyNotebooks: ["a"] }))).not.toBe(base);
  expect(risksOf(context({ debugSessions: [{ name: "", kind: "" }] }))).not.toBe(base);
});
