// How things stand: the status bar item, its tooltip, and the status document.
import { describe, expect, test } from "vitest";
import type { Notice, SocketStatus } from "../src/generated/protocol";
import { plain } from "../src/pure/format";
import { type StatusFacts, statusItem, statusRows, withoutName } from "../src/pure/status-bar";
import { statusDocument } from "../src/pure/status-document";
import { incident, memory, notice, statusReport, surroundings, windowStatus } from "./support/samples";

const facts = (change: Partial<StatusFacts> = {}): StatusFacts => ({
  attached: true,
  detachedForMs: 0,
  problem: undefined,
  daemonVersion: "0.1.0",
  cannotSave: undefined,
  status: windowStatus(),
  statusAgeMs: 0,
  here: surroundings(change.status),
  lastRecovery: undefined,
  ...change,
});

/** High and critical memory, as the daemon tells it. */
const high = memory({
  level: "high",
  percent: 78.4,
  bytesPerMinute: 157e6,
  secondsToLimit: 367,
  history: [70, 74, 78],
});
const critical = memory({ level: "critical", percent: 93, bytesPerMinute: 3e9, secondsToLimit: 12, history: [60, 93] });

describe("the status bar item", () => {
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
    ["memory is high", { status: windowStatus({ memory: high }) }, "$(pulse) Memory 78 %, full in 6 min", false],
    [
      "memory is high and stays, which matters more than a recovery before",
      { status: windowStatus({ memory: { ...high, secondsToLimit: null } }), lastRecovery: recovery },
      "$(pulse) Memory 78 %",
      false,
    ],
    [
      "memory is critical",
      { status: windowStatus({ memory: critical }) },
      "$(warning) Memory 93 %, full in 12 s",
      true,
    ],
    [
      "a restart waits",
      { status: windowStatus({ waitsFor: "a pause in your work", memory: high }), lastRecovery: recovery },
      "$(watch) Restart Pending",
      false,
    ],
    [
      "critical memory is more urgent than what waits",
      { status: windowStatus({ waitsFor: "a Claude turn in flight", memory: critical }) },
      "$(warning) Memory 93 %, full in 12 s",
      true,
    ],
    ["slow", { status: windowStatus({ degraded: "it is late" }), lastRecovery: recovery }, "$(dashboard) Slow", false],
    [
      "nothing is more urgent than a recovery under way",
      { status: windowStatus({ phase: "restarting", memory: critical, waitsFor: "x", degraded: "y" }) },
      "$(sync) Recovering",
      false,
    ],
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
    for (const part of [
      "process 4711",
      "0.4 s ago",
      "212 MB of 4.5 GB (5 %)",
      "480 MB",
      "2 h 5 min",
      "2 of 2",
      "10 s ago",
    ])
      expect(tooltip).toContain(part);
    expect(tooltip).toContain("(command:lifeline.pause)");
    const hostile = "[x](command:evil) $(bug) <img src=x> `a` | b\n# c";
    const notices: Notice[] = [notice("new", { text: hostile, incident: null })];
    const item = statusItem(
      facts({
        status: windowStatus({ notices, verdict: hostile, degraded: hostile, waitsFor: hostile }),
        cannotSave: hostile,
      }),
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

describe("rows of a window", () => {
  const rows = (change: Parameters<typeof windowStatus>[0]) => {
    const status = windowStatus(change);
    return Object.fromEntries(statusRows(facts({ status }), status, plain));
  };
  test("memory with its trend, and ten minutes in a line", () => {
    const known = rows({ heapUsedBytes: 3.5e9, memory: high });
    expect(known["Memory"]).toBe("3.5 of 4.5 GB (78 %), grows by 157 MB/min, full in 6 min");
    expect(known["Last 30 s"]).toBe("▆▆▇");
    expect(rows({})["Memory"]).toBe("212 MB of 4.5 GB (5 %)");
    expect(Object.keys(rows({ memory: null })).some((name) => name.startsWith("Last 1"))).toBe(false);
    expect(rows({ heapUsedBytes: null })["Memory"]).toBeUndefined();
  });
  test("what is unusual is said", () => {
    expect(rows({ waitsFor: "a Claude turn in flight" })["Restart"]).toBe("waits for: a Claude turn in flight");
    expect(rows({ degraded: "its IDE socket takes 700 ms to answer" })["Slow"]).toMatch(/700 ms/);
    expect(Object.keys(rows({}))).not.toEqual(expect.arrayContaining(["Restart"]));
    expect(Object.keys(rows({}))).not.toEqual(expect.arrayContaining(["Slow"]));
  });
  test("a window without Lifeline has no mode and no restarts left", () => {
    const unguarded = rows({ guarded: false });
    expect(unguarded["Protection"]).toMatch(/Lifeline does not run in that window/);
    expect(unguarded["Mode"]).toBeUndefined();
    expect(unguarded["Restarts left"]).toBeUndefined();
    expect(rows({})["Protection"]).toBeUndefined();
  });
  test("a daemon from before these fields is understood", () => {
    const { guarded, hostAgeMs, memory, degraded, waitsFor, ...old } = windowStatus();
    const status = old as ReturnType<typeof windowStatus>;
    expect(statusItem(facts({ status }), "always", plain)).toMatchObject({ text: "$(pulse)", warning: false });
    expect([guarded, hostAgeMs, memory?.level, degraded, waitsFor]).toEqual([true, 7_500_000, "normal", null, null]);
  });
});

describe("the status document", () => {
  const socket = (change: Partial<SocketStatus> = {}): SocketStatus => ({
    port: 33445,
    ideName: "Visual Studio Code",
    workspaceFolders: ["/home/a/project"],
    answer: "answers",
    roundTripMs: 4.26,
    medianRoundTripMs: 12.6,
    probes: 100,
    missed: 2,
    missedInARow: 0,
    ownerPid: 4711,
    windowId: "w1",
    backlog: 0,
    clientPids: [5001, 5002],
    bridged: false,
    leadsTo: null,
    refused: 0,
    ...change,
  });
  const document = (change: Parameters<typeof statusReport>[0] = {}): string =>
    statusDocument(statusReport(change), facts(), plain);

  test("the daemon, and all windows", () => {
    const text = document({ cannotSave: "no space left on the device" });
    expect(text).toContain("process 99, running for 1 h, 6.1 MB of memory");
    expect(text).toContain("## project (this window)");
    expect(text).toContain("## other\n");
    expect(text).toContain("no space left");
    expect(text).not.toMatch(/sockets|Claude Code processes/);
  });
  test("the machine, or the container around us", () => {
    expect(document()).toContain(
      "Memory left on this machine: 800 MB of 16 GB (5 %), waits for a CPU 12 % of the time, for memory 0 %.",
    );
    const machine = statusReport().machine;
    expect(document({ machine: { ...machine, memoryIsLimited: true, cpuPressurePercent: null } })).toContain(
      "Memory left in this container: 800 MB of 16 GB (5 %), for memory 0 %.",
    );
    expect(document({ machine: { ...machine, memoryAvailableBytes: null } })).not.toContain("Memory left");
  });
  test("what a notice says of another window names it", () => {
    const windows = [windowStatus({ notices: [notice("stopped", { windowId: "w2", incident: null })] })];
    windows.push(windowStatus({ windowId: "w2", label: "website" }));
    const own = facts({ here: surroundings(windowStatus(), statusReport({ windows })) });
    const text = statusDocument(statusReport({ windows }), own, plain);
    expect(text).toContain("- The extension host of “website” was stopped by a signal");
  });
  test("sockets, each with how it answers", () => {
    const text = document({
      sockets: [
        socket(),
        socket({ port: 1, answer: "answers", roundTripMs: null, medianRoundTripMs: null }),
        socket({ port: 2, answer: "silent", missedInARow: 4 }),
        socket({ port: 3, answer: "nobody", ownerPid: null, clientPids: [] }),
        socket({ port: 4, answer: "foreign" }),
        socket({ port: 5, answer: "unknown" }),
        socket({ port: 6, answer: "new|word", ideName: "<b>" }),
        socket({ port: 7, bridged: true, leadsTo: 33445 }),
        socket({ port: 8, bridged: true }),
      ],
      lockProblems: ["one.lock is a symlink"],
    });
    expect(text).toContain(
      "| 33445 | Visual Studio Code | /home/a/project | answers in 4.3 ms | 13 ms | 2 of 100 | 4711 | 5001, 5002 |",
    );
    expect(text).toMatch(/\| 1 \|.*\| answers \| {2}\|/);
    expect(text).toMatch(/\| 2 \|.*silent: 4 probes in a row/);
    expect(text).toMatch(/\| 3 \|.*its lock file is stale .*\| {2}\| {2}\|\n/);
    expect(text).toMatch(/\| 4 \|.*something else listens there/);
    expect(text).toMatch(/\| 5 \|.*not probed yet/);
    expect(text).toMatch(/\| 7 \|.*leads its clients to port 33445/);
    expect(text).toMatch(/\| 8 \|.*its clients wait for the next one/);
    expect(text).toContain("new\\|word");
    expect(text).not.toContain("<b>");
    expect(text).toContain("- one.lock is a symlink");
    expect(document({ lockProblems: ["alone"] })).toMatch(/IDE sockets\n\n- alone\n/);
  });
  test("Claude Code's processes", () => {
    const text = document({
      claude: [
        { pid: 7, kind: "panel", hostPid: 4711, rssBytes: 195e6 },
        { pid: 8, kind: "cli", hostPid: 4711, rssBytes: 1.2e9 },
        { pid: 9, kind: "<i>", hostPid: 4711, rssBytes: 0 },
      ],
    });
    expect(text).toContain("| 7 | chat panel | 4711 | 195 MB |");
    expect(text).toContain("| 8 | terminal | 4711 | 1.2 GB |");
    expect(text).not.toContain("<i>");
  });
  test("a daemon from before these fields is understood", () => {
    const { machine, sockets, lockProblems, claude, ...old } = statusReport();
    const text = statusDocument(old as ReturnType<typeof statusReport>, facts(), plain);
    expect(text).toContain("## project (this window)");
    expect([machine.memoryLevel, sockets.length + lockProblems.length + claude.length]).toEqual(["low", 0]);
  });
});
