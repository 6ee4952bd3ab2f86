// What is announced: each notice's sentence, how loudly it is said, with which buttons, and that it is said once.
import { describe, expect, test } from "vitest";
import type { Notice } from "../src/generated/protocol";
import { Announcer, announceIncident, announceNotice } from "../src/pure/announcements";
import { plain } from "../src/pure/format";
import { noticeSentence, wantsStatus } from "../src/pure/notices";
import type { NotificationChoice } from "../src/pure/settings";
import {
  connection,
  culprit,
  ID,
  incident,
  memory,
  notice,
  statusReport,
  surroundings,
  windowStatus,
} from "./support/samples";

const full = windowStatus({
  heapUsedBytes: 3.5e9,
  memory: memory({ level: "high", percent: 78, bytesPerMinute: 157e6, secondsToLimit: 367 }),
  mode: "ask",
});
const here = surroundings(full);
const say = (one: Notice, around = here): string => noticeSentence(one, around, plain);

const ABOUT_INCIDENTS = [
  "recovered", "cameBack", "crashRecovered", "refusedBudget", "refusedUnsaved", "refusedCannotSave", "refusedIdentity",
  "notVerified", "ask", "observed", "stopped", "unclear",
]; // biome-ignore format: a table
const CODES = [...ABOUT_INCIDENTS, "cannotSave", "memoryHigh", "memoryCritical", "machineMemory", "refreshOffered"];

describe("a notice in a sentence", () => {
  test.each(CODES)("%s has words of its own", (code) => {
    const text = say(notice(code));
    expect(text).toMatch(/^Lifeline/);
    expect(text).not.toMatch(/FALLBACK|\{\d\}|undefined|NaN/);
    expect(text).toMatch(/[.?]$/);
  });
  test.each(ABOUT_INCIDENTS)("%s about another window names that window", (code) => {
    const elsewhere = incident({ windowId: "w2", label: "website" });
    const text = say(notice(code, { windowId: "w2", incident: elsewhere }));
    expect(text).toContain("“website”");
    expect(text).not.toContain("this window");
  });
  test("about another window without an incident: its label is in the status, or nowhere", () => {
    expect(say(notice("stopped", { windowId: "w2", incident: null }))).toContain("the extension host of “other”");
    expect(say(notice("stopped", { windowId: "w9", incident: null }))).toContain("another window's extension host");
  });
  test("a daemon from before the field means this window", () => {
    const { windowId, ...old } = notice("stopped", { incident: null });
    expect(say(old as Notice)).toContain(`this window's extension host`);
    expect(windowId).toBe("w1");
    expect(say(notice("stopped", { windowId: "", incident: incident({ windowId: "w2" }) }))).toContain("“project”");
  });
  test("a code that is newer than we are comes with its own English", () => {
    expect(say(notice("somethingNew"))).toBe("Lifeline: FALLBACK");
    expect(say(notice("recovered", { incident: null }))).toBe("Lifeline: FALLBACK");
    expect(say(notice("somethingNew", { text: "Lifeline has news." }))).toBe("Lifeline has news.");
  });
});

describe("notices with figures", () => {
  const bare = (code: string, change: Partial<Notice> = {}): Notice => notice(code, { incident: null, ...change });
  test("they are worth a question for the newest status; the others are not", () => {
    const wanted = ["memoryHigh", "memoryCritical", "machineMemory", "refreshOffered", "unclear", "unguarded"];
    for (const code of wanted) expect(wantsStatus(bare(code))).toBe(true);
    for (const code of ["recovered", "ask", "somethingNew"]) expect(wantsStatus(bare(code))).toBe(false);
  });
  test("memory is high", () => {
    expect(say(bare("memoryHigh"))).toBe(
      "Lifeline: this window's extension host uses 3.5 of 4.5 GB (78 %) of its memory and at this rate is full in 6 min. A restart frees it; what is open is preserved.",
    );
    const steady = surroundings({ ...full, memory: memory({ level: "high", percent: 78 }) });
    expect(say(bare("memoryHigh"), steady)).toBe(
      "Lifeline: this window's extension host uses 3.5 of 4.5 GB (78 %) of its memory. A restart frees it; what is open is preserved.",
    );
  });
  test("memory is critical: the mode is known here, any other reason only to the daemon", () => {
    const critical = { ...full, memory: memory({ level: "critical", percent: 93 }) };
    expect(say(bare("memoryCritical"), surroundings(critical))).toBe(
      "Lifeline: this window's extension host uses 3.5 of 4.5 GB (78 %) of its memory and will soon end. Nothing is restarted, because Lifeline is set not to do so by itself. Save your work and choose Restart Now.",
    );
    expect(say(bare("memoryCritical"), surroundings({ ...critical, mode: "automatic" }))).toBe("Lifeline: FALLBACK");
  });
  test("figures that no longer fit are not used", () => {
    const over = surroundings(windowStatus({ mode: "ask" }));
    for (const code of ["memoryHigh", "memoryCritical"]) expect(say(bare(code), over)).toBe("Lifeline: FALLBACK");
    const unknown = surroundings(windowStatus({ memory: null, hostAgeMs: null }));
    for (const code of ["memoryHigh", "memoryCritical", "refreshOffered"]) {
      expect(say(bare(code), unknown)).toBe("Lifeline: FALLBACK");
      expect(say(bare(code, { windowId: "w9" }))).toBe("Lifeline: FALLBACK");
    }
    const enough = { ...statusReport().machine, memoryLevel: "normal" };
    expect(say(bare("machineMemory"), { ...here, machine: enough })).toBe("Lifeline: FALLBACK");
    expect(say(bare("machineMemory"), { ...here, machine: undefined })).toBe("Lifeline: FALLBACK");
  });
  test("another window's figures are its own", () => {
    const other = windowStatus({ windowId: "w2", label: "website", heapUsedBytes: 4e9, memory: full.memory });
    const around = surroundings(windowStatus(), statusReport({ windows: [other] }));
    expect(say(bare("memoryHigh", { windowId: "w2" }), around)).toMatch(
      /^Lifeline: the extension host of “website” uses 4 of 4\.5 GB \(89 %\)/,
    );
  });
  test("the machine, or the container, has little left", () => {
    expect(say(bare("machineMemory"))).toMatch(
      /^Lifeline: this machine has 800 MB of 16 GB \(5 %\) of its memory left\./,
    );
    const machine = { ...statusReport().machine, memoryIsLimited: true };
    expect(say(bare("machineMemory"), { ...here, machine })).toMatch(/^Lifeline: this container has 800 MB of 16 GB/);
  });
  test("a refresh is offered for its age, or for what makes it slow", () => {
    expect(say(bare("refreshOffered"))).toBe(
      "Lifeline: this window's extension host has run for 2 h 5 min. A restart now and then keeps it fast; what is open is preserved.",
    );
    const slow = surroundings(windowStatus({ degraded: "its IDE socket takes 700 ms to answer" }));
    expect(say(bare("refreshOffered"), slow)).toBe(
      "Lifeline: this window's extension host has become slow: its IDE socket takes 700 ms to answer. A restart makes it fast again; what is open is preserved.",
    );
  });
  test("an unclear silence is past in its own window, and goes on in another", () => {
    expect(say(notice("unclear", { incident: incident({ verdict: "late" }) }))).toMatch(
      /this window's extension host did not answer for long \(late: .*The reason was not certain, so nothing was restarted/,
    );
    expect(say(bare("unclear"))).toBe("Lifeline: FALLBACK");
    const other = windowStatus({ windowId: "w2", label: "website", verdict: "starved", silentMs: 65_000 });
    const around = surroundings(windowStatus(), statusReport({ windows: [other] }));
    expect(say(bare("unclear", { windowId: "w2" }), around)).toMatch(
      /the extension host of “website” has not answered for 65 s \(starved: .*nothing was restarted/,
    );
    const mute = surroundings(windowStatus(), statusReport({ windows: [{ ...other, silentMs: null }] }));
    expect(say(bare("unclear", { windowId: "w2" }), mute)).toMatch(/“website” did not answer for long \(starved/);
  });
  test("a window without Lifeline", () => {
    const other = windowStatus({ windowId: "w2", label: "website", guarded: false, silentMs: 12_000 });
    const around = (status = other) => surroundings(windowStatus(), statusReport({ windows: [status] }));
    expect(say(bare("unguarded", { windowId: "w2" }), around())).toBe(
      "Lifeline: the extension host of “website” has not answered for 12 s. Lifeline does not run in that window, so it does nothing to it: choose Developer: Reload Window there, and enable Lifeline.",
    );
    expect(say(bare("unguarded", { windowId: "w2" }), around({ ...other, silentMs: null }))).toMatch(
      /^Lifeline: the extension host of “website” does not answer\. /,
    );
    expect(say(bare("unguarded", { windowId: "w9" }), around())).toBe("Lifeline: FALLBACK");
  });
});

describe("announcements", () => {
  const announced = (one: Notice, choice: NotificationChoice = "all") => announceNotice(one, here, choice, plain);
  test("once for each notice, and once for an incident told in two ways", () => {
    const announcer = new Announcer();
    const told = notice("recovered", { id: "n1" });
    expect(announcer.isNewsOf(incident())).toBe(true);
    expect(announcer.isNews(told)).toBe(false);
    expect(announcer.isNewsOf(incident())).toBe(false);
    const other = { ...told, id: "n2", incident: incident({ id: "i2" }) };
    expect(announcer.isNews(other)).toBe(true);
    expect(announcer.isNews(other)).toBe(false);
    expect(announcer.isNewsOf(incident({ id: "i2" }))).toBe(false);
    const without = notice("memoryHigh", { id: "n3", incident: null });
    expect([announcer.isNews(without), announcer.isNews(without)]).toEqual([true, false]);
  });
  test("an incident that was refused first and recovered later is two pieces of news", () => {
    const announcer = new Announcer();
    const refused = incident({ outcome: "refused", reason: "refusedUnsaved" });
    expect(announcer.isNews(notice("refusedUnsaved", { incident: refused }))).toBe(true);
    expect(announcer.isNewsOf(refused)).toBe(false);
    expect(announcer.isNewsOf(incident())).toBe(true);
    expect(announceIncident(refused, here, "all", plain)).toMatchObject({
      level: "warning",
      actions: ["restart", "details", "log"],
    });
    expect(announceIncident(incident({ outcome: "refused", reason: null }), here, "all", plain)?.actions).toEqual([
      "details",
      "log",
    ]);
  });
  test("the setting", () => {
    const codes = [...CODES, "unguarded"];
    expect(codes.filter((code) => announced(notice(code)))).toEqual(codes);
    expect(codes.filter((code) => !announced(notice(code), "problems"))).toEqual([
      "recovered",
      "cameBack",
      "crashRecovered",
      "observed",
      "refreshOffered",
    ]);
    expect(codes.filter((code) => announced(notice(code), "none"))).toEqual([]);
    const warnings = codes.filter((code) => announced(notice(code))?.level === "warning");
    expect(warnings).toEqual(codes.filter((code) => announced(notice(code), "problems")));
  });
  test("what was left behind is a warning, and what was given back good news", () => {
    const about = (code: string) => announced(notice(code, { incident: null }));
    expect(about("leftBehind")).toMatchObject({ level: "warning", actions: ["processes"] });
    expect(about("gaveBack")).toMatchObject({ level: "information", actions: ["processes"] });
  });
  test("without an incident there are no details to show", () => {
    expect(announced(notice("cannotSave", { incident: null }))?.actions).toEqual(["status", "log"]);
    expect(announced(notice("unclear", { incident: null }))?.actions).toEqual(["restart", "log"]);
  });
  test("memory and refresh can be answered in three ways", () => {
    for (const code of ["memoryHigh", "refreshOffered"]) {
      expect(announced(notice(code, { incident: null }))?.actions).toEqual(["restartQuietly", "restart", "notNow"]);
    }
    expect(announced(notice("memoryCritical", { incident: null }))?.actions).toEqual(["restart", "status", "notNow"]);
    expect(announced(notice("machineMemory", { incident: null }))?.actions).toEqual(["status", "log"]);
    expect(announced(notice("unguarded", { incident: null, windowId: "w2" }))?.actions).toEqual(["status", "log"]);
  });
  test("a session that was cut off or has ended can be had back", () => {
    const about = (code: string, sessionId: unknown, change: Partial<Notice> = {}) =>
      announced({ ...notice(code, { incident: null, ...change }), sessionId } as Notice);
    expect(about("sessionCut", ID)).toMatchObject({
      level: "warning",
      text: "Lifeline: FALLBACK",
      actions: ["continueSession", "openSession", "sessions"],
      sessionId: ID,
    });
    expect(about("sessionEnded", ID)?.actions).toEqual(["openSession", "sessions"]);
    for (const unknown of [undefined, null, "x; rm"]) {
      expect(about("sessionCut", unknown)).toMatchObject({ actions: ["sessions"], sessionId: undefined });
    }
    const blamed = { incident: incident({ culprit: culprit() }) };
    expect(about("sessionCut", ID, blamed)?.actions).toEqual(["continueSession", "openSession", "sessions"]);
  });
  test("a turn that died or stalls can be explained, with what broke it where that is known", () => {
    const broken = connection({ sessionId: ID, state: "died" });
    const about = (code: string, connections = [broken]) => {
      const one = notice(code, { incident: null, sessionId: ID });
      return announceNotice(one, surroundings(windowStatus({ connections })), "all", plain);
    };
    expect(about("turnDied")).toMatchObject({
      actions: ["continueSession", "explain", "sessions", "connectionReport"],
      error: "API Error: Connection error (ECONNRESET)",
    });
    expect(about("turnsDie")?.actions).toEqual(["compactSession", "continueSession", "explain", "sessions"]);
    expect(about("turnBreaks")).toMatchObject({
      actions: ["openSession", "explain", "sessions"],
      error: "API Error: Connection error (ECONNRESET)",
    });
    expect(about("turnStalled")).toMatchObject({
      actions: ["openSession", "explain", "sessions", "connectionReport"],
      error: "Response stalled",
    });
    // The program finds the last error of the transcripts then.
    expect(about("turnDied", [])?.error).toBe("");
  });
  test("that the API cannot be reached comes with its own words, and a way to measure it", () => {
    const text = "Claude Code's connection to the API could not be made for 31 s, 5 times: it was refused.";
    expect(announced(notice("apiUnreachable", { incident: null, windowId: "", text }))).toMatchObject({
      level: "warning",
      text: `Lifeline: ${text}`,
      actions: ["probeNetwork", "log"],
    });
  });
  test("one incident may cut off several sessions: each is news", () => {
    const announcer = new Announcer();
    const cut = (id: string): Notice => ({ ...notice("sessionCut", { id }), sessionId: ID }) as Notice;
    expect(["n1", "n2", "n1"].map((id) => announcer.isNews(cut(id)))).toEqual([true, true, false]);
  });
  test("another window is restarted from here, never this one in its place", () => {
    const elsewhere = { windowId: "w2", incident: incident({ windowId: "w2", label: "website" }) };
    expect(announced(notice("ask", elsewhere))).toMatchObject({
      actions: ["restart", "details", "log"],
      subject: { windowId: "w2", own: false, label: "website" },
    });
    expect(announced(notice("refusedBudget", elsewhere))?.actions).toEqual(["details", "log"]);
    expect(announced(notice("refusedBudget"))?.actions).toEqual(["reload", "details", "log"]);
  });
  test("an extension that froze the host can be disabled and reported", () => {
    const blamed = incident({ culprit: culprit() });
    expect(announceIncident(blamed, here, "all", plain)?.actions).toEqual(["details", "disable", "reportIssue"]);
    expect(announced(notice("refusedUnsaved", { incident: blamed }))?.actions).toEqual([
      "restart",
      "details",
      "disable",
      "reportIssue",
    ]);
    for (const harmless of [
      incident({ culprit: culprit({ extensionId: null }) }),
      incident({ culprit: culprit({ extensionId: "] (x" }) }),
      incident({ culprit: culprit({ extensionId: "lifeline-dev.lifeline" }), cause: "drill" }),
    ]) {
      expect(announceIncident(harmless, here, "all", plain)?.actions).toEqual(["details", "log"]);
    }
  });
  test("nothing that others wrote becomes a link in a message", () => {
    const evil = "[Fix](command:workbench.action.closeWindow)";
    const blamed = incident({ culprit: culprit({ function: evil, file: evil, version: evil }), label: evil });
    const texts = [
      announceIncident(blamed, here, "all", plain)?.text,
      announceIncident({ ...blamed, windowId: "w2" }, here, "all", plain)?.text,
      announced(notice("somethingNew", { text: evil }))?.text,
      announceIncident(incident({ cause: "refresh", evidence: [{ witness: "x", text: evil }] }), here, "all", plain)
        ?.text,
    ];
    for (const text of texts) {
      expect(text).toContain("[Fix]");
      expect(text).not.toContain("](");
    }
  });
});
