// What the daemon sends is checked before it is believed.
import { describe, expect, test } from "vitest";
import { isIncident, isNotice, isStatusReport, isWindowStatus, readIncidents } from "../src/pure/wire-checks";
import { culprit, incident, memory, notice, statusReport, windowStatus } from "./support/samples";

const wrong = [7, "x", true, [], {}, [null]];
const socket = { port: 1, ideName: "x", answer: "answers", workspaceFolders: ["/a"], clientPids: [1] };
const process = { pid: 1, kind: "cli", hostPid: 2, rssBytes: 3 };

describe("what is right is believed", () => {
  test("all of it", () => {
    expect(isIncident(incident({ culprit: culprit() }))).toBe(true);
    expect(isIncident(incident({ culprit: culprit({ extensionId: null, version: null, bugsUrl: null }) }))).toBe(true);
    expect(isNotice(notice("ask"))).toBe(true);
    expect(isWindowStatus(windowStatus({ memory: memory({ history: [1, 2] }), degraded: "x", waitsFor: "y" }))).toBe(
      true,
    );
    expect(isStatusReport({ ...statusReport(), sockets: [socket], claude: [process], lockProblems: ["x"] })).toBe(true);
  });
  test("a daemon from before these fields", () => {
    const { culprit: _c, heapUsedBytes: _u, heapLimitBytes: _l, ...oldIncident } = incident();
    const { windowId: _w, ...oldNotice } = notice("ask");
    const { guarded: _g, hostAgeMs: _h, memory: _m, degraded: _d, waitsFor: _f, ...oldStatus } = windowStatus();
    const { machine: _a, sockets: _s, lockProblems: _p, claude: _e, ...oldReport } = statusReport();
    expect([
      isIncident(oldIncident),
      isNotice(oldNotice),
      isWindowStatus(oldStatus),
      isStatusReport(oldReport),
    ]).toEqual([true, true, true, true]);
  });
});

describe("what is wrong is not", () => {
  test("a culprit", () => {
    for (const value of wrong) expect(isIncident({ ...incident(), culprit: value })).toBe(false);
    for (const name of ["function", "file", "line", "timesThisWeek"]) {
      expect(isIncident({ ...incident(), culprit: { ...culprit(), [name]: null } })).toBe(false);
    }
    for (const name of ["extensionId", "version", "displayName", "bugsUrl"]) {
      expect(isIncident({ ...incident(), culprit: { ...culprit(), [name]: 7 } })).toBe(false);
    }
    expect(readIncidents([incident(), { ...incident(), culprit: 7 }]).length).toBe(1);
    expect(readIncidents("x")).toEqual([]);
  });
  test("a notice's window and session", () => {
    for (const name of ["windowId", "sessionId"]) expect(isNotice({ ...notice("ask"), [name]: 7 })).toBe(false);
    expect(isNotice({ ...notice("ask"), sessionId: "x" })).toBe(true);
  });
  test("a window's memory, and words that are none", () => {
    for (const value of wrong) expect(isWindowStatus({ ...windowStatus(), memory: value })).toBe(false);
    for (const change of [{ level: 7 }, { percent: "7" }, { history: "▁" }, { history: ["7"] }]) {
      expect(isWindowStatus({ ...windowStatus(), memory: { ...memory(), ...change } })).toBe(false);
    }
    for (const name of ["degraded", "waitsFor"]) expect(isWindowStatus({ ...windowStatus(), [name]: {} })).toBe(false);
  });
  test("parts of a report", () => {
    for (const name of ["sockets", "claude", "lockProblems"]) {
      for (const value of ["x", {}, [7], [{}]])
        expect(isStatusReport({ ...statusReport(), [name]: value })).toBe(false);
    }
    for (const value of ["x", 7, []]) expect(isStatusReport({ ...statusReport(), machine: value })).toBe(false);
    for (const name of Object.keys(socket)) {
      expect(isStatusReport({ ...statusReport(), sockets: [{ ...socket, [name]: {} }] })).toBe(false);
    }
    expect(isStatusReport({ ...statusReport(), sockets: [{ ...socket, clientPids: ["1"] }] })).toBe(false);
    expect(isStatusReport({ ...statusReport(), sockets: [{ ...socket, workspaceFolders: [1] }] })).toBe(false);
    for (const name of Object.keys(process)) {
      expect(isStatusReport({ ...statusReport(), claude: [{ ...process, [name]: null }] })).toBe(false);
    }
  });
});
