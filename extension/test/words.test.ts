// What the user reads.
import { describe, expect, test } from "vitest";
import type { Notice } from "../src/generated/protocol";
import { Announcer } from "../src/pure/announcements";
import { incidentDocument, incidentTitle, statusDocument } from "../src/pure/documents";
import { bytes, duration, escapeMarkdown, list, measured, plain } from "../src/pure/format";
import { incidentSentence, noticeSentence, problemSentence } from "../src/pure/sentences";
import { type StatusFacts, statusItem, withoutName } from "../src/pure/status-bar";
import { incident, windowStatus } from "./support/samples";

const sentence = (change: Parameters<typeof incident>[0]): string => incidentSentence(incident(change), plain);

describe("figures", () => {
  test("durations", () => {
    expect([0, 40, 400, 1400, 9940, 9960, 15_020, 119_000, 95_000].map((ms) => duration(ms))).toEqual([
      "0 s",
      "0 s",
      "0.4 s",
      "1.4 s",
      "9.9 s",
      "10 s",
      "15 s",
      "119 s",
      "95 s",
    ]);
    expect([120_000, 155_000, 3_600_000, 7_500_000].map((ms) => duration(ms))).toEqual([
      "2 min",
      "2 min 35 s",
      "1 h",
      "2 h 5 min",
    ]);
    expect([15_020, 1400, 600_000].map((ms) => measured(ms))).toEqual(["15.0 s", "1.4 s", "10 min"]);
  });
  test("bytes and lists", () => {
    expect([3.2e6, 212e6, 4_496_293_888, 2e9].map((n) => bytes(n))).toEqual(["3.2 MB", "212 MB", "4.5 GB", "2 GB"]);
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((parts) => list(parts))).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
    ]);
  });
});

describe("an incident in one sentence", () => {
  test("recovered", () => {
    expect(sentence({})).toBe(
      "Lifeline: this window's extension host was frozen for 15 s (deadlock: the main thread waited without an end). It was restarted in 1.4 s; 12 tabs, 2 unsaved files and 3 terminals are preserved.",
    );
    expect(sentence({ preserved: { tabs: 1, dirtyDocuments: 0, terminals: 0 } })).toMatch(
      /1\.4 s; 1 tab is preserved\.$/,
    );
    expect(sentence({ preserved: { tabs: 0, dirtyDocuments: 0, terminals: 0 } })).toMatch(/1\.4 s\.$/);
    expect(sentence({ preserved: null })).toMatch(/1\.4 s\.$/);
  });
  test("a drill shows what was measured", () => {
    expect(sentence({ cause: "drill" })).toBe(
      "Lifeline drill passed: the freeze was recognised after 3.1 s, acted upon after 15.0 s, and a new extension host was attached 1.4 s later; 12 tabs, 2 unsaved files and 3 terminals are preserved.",
    );
  });
  test("the others", () => {
    expect(sentence({ cause: "requested", actedAfterMs: 100, endedAfterMs: 1900 })).toMatch(
      /was restarted in 1\.8 s; 12 tabs/,
    );
    expect(sentence({ outcome: "cameBack", actedAfterMs: null, endedAfterMs: 8200 })).toMatch(
      /frozen for 8\.2 s .*came back by itself/,
    );
    expect(sentence({ outcome: "crashRecovered", cause: "crash", actedAfterMs: null, endedAfterMs: 1200 })).toMatch(
      /crashed.*in 1\.2 s/,
    );
    expect(sentence({ outcome: "refused", reason: "refusedBudget", endedAfterMs: null })).toMatch(
      /not restarted.*Reload Window/,
    );
    expect(sentence({ outcome: "refused", reason: "whatever" })).toMatch(/Nothing was restarted/);
    expect(sentence({ outcome: "notVerified", endedAfterMs: null })).toMatch(/no new one reported back/);
    expect(sentence({ outcome: "open", actedAfterMs: null, endedAfterMs: null })).toMatch(/frozen for 3\.1 s/);
  });
});

const CODES = [
  "recovered", "cameBack", "crashRecovered", "refusedBudget", "refusedUnsaved", "refusedCannotSave", "refusedIdentity",
  "notVerified", "ask", "observed", "stopped", "cannotSave",
]; // biome-ignore format: a table

describe("notices", () => {
  const notice = (code: string, change: Partial<Notice> = {}): Notice => ({
    id: `n-${code}`,
    code,
    text: "FALLBACK",
    incident: incident(),
    ...change,
  });
  test.each(CODES)("%s has words of its own", (code) => {
    const text = noticeSentence(notice(code), plain);
    expect(text).toMatch(/^Lifeline/);
    expect(text).not.toMatch(/FALLBACK|\{\d\}|undefined|NaN/);
    expect(text).toMatch(/[.?]$/);
  });
  test("a code that is newer than we are comes with its own English", () => {
    expect(noticeSentence(notice("somethingNew"), plain)).toBe("FALLBACK");
    expect(noticeSentence(notice("recovered", { incident: null }), plain)).toBe("FALLBACK");
  });
});

describe("announcements", () => {
  const recoveredNotice: Notice = { id: "n1", code: "recovered", text: "x", incident: incident() };
  test("once for each notice, and once for an incident told in two ways", () => {
    const announcer = new Announcer();
    expect(announcer.recovered(incident(), "all", plain)).toMatchObject({
      level: "information",
      actions: ["details", "log"],
    });
    expect(announcer.notice(recoveredNotice, "all", plain)).toBeUndefined();
    expect(announcer.recovered(incident(), "all", plain)).toBeUndefined();
    const other = { ...recoveredNotice, id: "n2", incident: incident({ id: "i2" }) };
    expect(announcer.notice(other, "all", plain)).toBeDefined();
    expect(announcer.notice(other, "all", plain)).toBeUndefined();
    expect(announcer.recovered(incident({ id: "i2" }), "all", plain)).toBeUndefined();
  });
  test("an incident that was refused first and recovered later is two pieces of news", () => {
    const announcer = new Announcer();
    const refused = incident({ outcome: "refused", reason: "refusedUnsaved" });
    expect(
      announcer.notice({ id: "n1", code: "refusedUnsaved", text: "", incident: refused }, "all", plain),
    ).toMatchObject({
      level: "warning",
      actions: ["restart", "details", "log"],
    });
    expect(announcer.recovered(refused, "all", plain)).toBeUndefined();
    expect(announcer.recovered(incident(), "all", plain)).toBeDefined();
  });
  test("the setting", () => {
    const say = (code: string, choice: "all" | "problems" | "none") =>
      new Announcer().notice({ id: code, code, text: "", incident: incident() }, choice, plain);
    expect(CODES.filter((code) => say(code, "all"))).toEqual(CODES);
    expect(CODES.filter((code) => !say(code, "problems"))).toEqual([
      "recovered",
      "cameBack",
      "crashRecovered",
      "observed",
    ]);
    expect(CODES.filter((code) => say(code, "none"))).toEqual([]);
  });
  test("without an incident there are no details to show", () => {
    const said = new Announcer().notice({ id: "n", code: "cannotSave", text: "", incident: null }, "all", plain);
    expect(said?.actions).toEqual(["status", "log"]);
  });
});

describe("the status bar item", () => {
  const facts = (change: Partial<StatusFacts> = {}): StatusFacts => ({
    attached: true,
    detachedForMs: 0,
    problem: undefined,
    daemonVersion: "0.1.0",
    cannotSave: undefined,
    status: windowStatus(),
    lastRecovery: undefined,
    ...change,
  });
  const recovery = { incident: incident(), agoMs: 10_000 };
  const missing = { kind: "start", failure: { kind: "missing", path: "/x", bundled: true } } as const;
  test.each<[string, Partial<StatusFacts>, string, boolean]>([
    ["healthy", {}, "$(pulse)", false],
    ["just attached", { status: undefined }, "$(pulse)", false],
    ["observing", { status: windowStatus({ mode: "observe" }) }, "$(eye)", false],
    ["recovered", { lastRecovery: recovery }, "$(check) Recovered", false],
    ["a while later", { lastRecovery: { ...recovery, agoMs: 61_000 } }, "$(pulse)", false],
    ["paused", { status: windowStatus({ paused: true }), lastRecovery: recovery }, "$(debug-pause) Paused", true],
    ["cannot save", { cannotSave: "no space" }, "$(warning) Cannot Save", true],
    ["gave up", { status: windowStatus({ phase: "gaveUp" }) }, "$(warning) Reload Needed", true],
    ["recovering", { status: windowStatus({ phase: "verifying" }) }, "$(sync) Recovering", false],
    ["connecting", { attached: false, detachedForMs: 100 }, "$(pulse)", false],
    ["no connection for long", { attached: false, detachedForMs: 4000 }, "$(debug-disconnect) Reconnecting", false],
    ["no program", { attached: false, problem: missing }, "$(warning) Lifeline Off", true],
  ])("%s", (_, change, text, warning) => {
    expect(statusItem(facts(change), "always", plain)).toMatchObject({ text, warning, visible: true });
    const quiet = !text.includes(" ");
    expect(statusItem(facts(change), "problems", plain).visible).toBe(!quiet);
    expect(statusItem(facts(change), "never", plain).visible).toBe(false);
  });
  test("the tooltip says how things stand, and its links are only our own", () => {
    const { tooltip } = statusItem(facts({ lastRecovery: recovery }), "always", plain);
    for (const part of ["process 4711", "0.4 s ago", "212 MB of 4.5 GB (5 %)", "2 of 2", "10 s ago"])
      expect(tooltip).toContain(part);
    expect(tooltip).toContain("(command:lifeline.pause)");
    const hostile = "[x](command:evil) $(bug) <img src=x> `a` | b\n# c";
    const notices: Notice[] = [{ id: "n", code: "new", text: hostile, incident: null }];
    const item = statusItem(
      facts({ status: windowStatus({ notices, verdict: hostile }), cannotSave: hostile }),
      "always",
      plain,
    );
    const links = [...item.tooltip.matchAll(/(?<!\\)\]\(command:([\w.]+)\)/g)].map((match) => match[1]);
    expect(links).toEqual(["lifeline.showStatus", "lifeline.showHistory", "lifeline.showLog", "lifeline.pause"]);
    expect(item.tooltip).not.toContain("<img");
    expect(item.tooltip).not.toContain("$(bug)");
  });
  test("a name is not said twice", () => {
    expect(withoutName("Lifeline: this window is fine.")).toBe("This window is fine.");
    expect(withoutName("Lifeline drill passed.")).toBe("Lifeline drill passed.");
  });
});

test("problems name the next step", () => {
  const kinds = [
    { kind: "missing", path: "/x", bundled: true },
    { kind: "missing", path: "/x", bundled: false },
    { kind: "notExecutable", path: "/x", bundled: true },
    { kind: "notExecutable", path: "/x", bundled: false },
    { kind: "failed", path: "/x", exit: "code 4", stderr: "" },
    { kind: "failed", path: "/x", exit: "code 4", stderr: "the folder cannot be written. Free some space." },
    { kind: "slow", path: "/x", afterMs: 20_000 },
  ] as const;
  for (const failure of kinds) {
    const text = problemSentence({ kind: "start", failure }, plain);
    expect(text).toMatch(/^(Lifeline|The program)/);
    expect(text).toMatch(/Install|install|setting|Show Log|Free some|keeps trying/);
  }
});

describe("documents", () => {
  const time = (ms: number): string => `T+${ms - incident().beganUnixMs}`;
  test("the details of an incident", () => {
    const text = incidentDocument(incident(), plain, time);
    expect(text).toMatchInlineSnapshot(`
      "# Freeze: recovered in 1.4 s

      This window's extension host was frozen for 15 s (deadlock: the main thread waited without an end). It was restarted in 1.4 s; 12 tabs, 2 unsaved files and 3 terminals are preserved.

      ## Time line

      | When | After | What |
      |:--|--:|:--|
      | T+0 | 0.0 s | last sign of life of process 4711 |
      | T+3100 | 3.1 s | verdict: deadlock: the main thread waited without an end |
      | T+15020 | 15.0 s | snapshot saved |
      | T+15020 | 15.0 s | process 4711 ended |
      | T+16420 | 16.4 s | process 4712 attached as the new extension host |

      ## Evidence

      | Witness | Observation |
      |:--|:--|
      | worker thread | the main thread's counter stood still for 15.0 s |
      | operating system | state S in futex\\_do\\_wait, 0 context switches |

      ## Preserved

      12 tabs, 2 unsaved files and 3 terminals

      Snapshot: \`s-1\` (\`lifeline snapshots show s-1\`)

      Window: project · Incident: \`20250101T120000-1\`
      "
    `);
  });
  test("what others wrote stays text", () => {
    const label = "</td><script>alert(1)</script> | [x](command:y)";
    const text = incidentDocument(
      incident({ label, id: "a`b", evidence: [{ witness: label, text: label }] }),
      plain,
      time,
    );
    expect(text).not.toContain("<script");
    expect(text).not.toMatch(/(?<!\\)\]\(command/);
    expect(text).not.toContain("a`b");
  });
  test("every kind has a title", () => {
    const titles = (["freeze", "crash", "requested", "drill"] as const).map((cause) =>
      incidentTitle(incident({ cause }), plain),
    );
    expect(titles).toEqual([
      "Freeze: recovered in 1.4 s",
      "Crash: recovered in 1.4 s",
      "Requested restart: recovered in 1.4 s",
      "Recovery drill: recovered in 1.4 s",
    ]);
  });
  test("the status of all windows", () => {
    const own: StatusFacts = {
      attached: true,
      detachedForMs: 0,
      problem: undefined,
      daemonVersion: "0.1.0",
      cannotSave: undefined,
      status: windowStatus(),
      lastRecovery: undefined,
    };
    const report = {
      daemonVersion: "0.1.0",
      daemonPid: 99,
      uptimeMs: 3_600_000,
      rssBytes: 6.1e6,
      cannotSave: "no space left on the device",
      windows: [windowStatus(), windowStatus({ windowId: "w2", label: "other" })],
    };
    const text = statusDocument(report, own, plain);
    expect(text).toContain("process 99, running for 1 h, 6.1 MB of memory");
    expect(text).toContain("## project (this window)");
    expect(text).toContain("## other\n");
    expect(text).toContain("no space left");
  });
});

test("escaping keeps the words", () => {
  expect(escapeMarkdown("a_b*c")).toBe("a\\_b\\*c");
  expect(escapeMarkdown("a\n\n# b")).toBe("a \\# b");
  expect(["- a", "+ a", "1. a", "15.0 s", "x - y"].map(escapeMarkdown)).toEqual([
    "\\- a",
    "\\+ a",
    "1\\. a",
    "15\\.0 s",
    "x - y",
  ]);
});
