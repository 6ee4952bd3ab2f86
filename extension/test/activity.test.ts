// When the user last did something.
import { describe, expect, test } from "vitest";
import { Activity, type DocumentChange, isByHand } from "../src/pure/activity";

describe("the time since", () => {
  test("never, then from the last sign on", () => {
    const activity = new Activity();
    expect(activity.idleMs(5000)).toBeNull();
    activity.did(5000);
    expect(activity.idleMs(5000)).toBe(0);
    expect(activity.idleMs(7000.4)).toBe(2000);
    activity.did(8000);
    expect(activity.idleMs(8500)).toBe(500);
  });
  test("a window that VS Code calls active is in use, however long ago our own sign was", () => {
    const activity = new Activity();
    activity.did(1000);
    activity.windowActive(true, 2000);
    expect(activity.idleMs(600_000)).toBe(0);
  });
  test("it says late that nobody is there: 40 s at least are over by then", () => {
    const activity = new Activity();
    activity.windowActive(true, 0);
    activity.windowActive(false, 100_000);
    expect(activity.idleMs(100_000)).toBe(40_000);
    expect(activity.idleMs(101_000)).toBe(41_000);
    activity.did(101_000);
    activity.windowActive(false, 150_000);
    expect(activity.idleMs(150_000)).toBe(49_000);
  });
  test("a sign that is newer than those 40 s stands", () => {
    const activity = new Activity();
    activity.windowActive(true, 0);
    activity.did(90_000);
    activity.windowActive(false, 100_000);
    expect(activity.idleMs(100_000)).toBe(10_000);
  });
  test("a window that was never active says nothing", () => {
    const activity = new Activity();
    activity.windowActive(false, 100_000);
    expect(activity.idleMs(100_000)).toBeNull();
  });
});

describe("a change of a document is the user's", () => {
  const typed: DocumentChange = { scheme: "file", isVisible: true, isDirty: true, isUndo: false, edits: 1 };
  test.each<[string, Partial<DocumentChange>, boolean]>([
    ["typed", {}, true],
    ["typed into a new file", { scheme: "untitled" }, true],
    ["undone to what is saved", { isDirty: false, isUndo: true }, true],
    ["read again from the disk", { isDirty: false }, false],
    ["only its dirty state", { edits: 0 }, false],
    ["in a file that nobody sees", { isVisible: false }, false],
    ["an output channel", { scheme: "output" }, false],
    ["a log", { scheme: "log" }, false],
    ["one of our own documents", { scheme: "lifeline" }, false],
  ])("%s", (_, change, expected) => {
    expect(isByHand({ ...typed, ...change })).toBe(expected);
  });
});
