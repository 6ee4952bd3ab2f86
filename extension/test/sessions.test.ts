// Sessions as the view shows them: words, icons, order, tooltips, and when it asks for them.
import { afterEach, describe, expect, test } from "vitest";
import manifest from "../package.json";
import type { SessionStatus } from "../src/generated/protocol";
import { plain } from "../src/pure/format";
import { Refreshing } from "../src/pure/refreshing";
import type { ListGroup, ListRow } from "../src/pure/rows";
import { sessionTree } from "../src/pure/session-tree";
import {
  ageWords,
  agoWords,
  sessionTitle,
  shorten,
  stateIcon,
  stateSentence,
  stateWords,
} from "../src/pure/session-words";
import { ManualClock } from "./support/manual-clock";
import { ID, session, surroundings } from "./support/samples";

const NOW = 1_735_732_800_000;
const facts = { here: surroundings(), nowUnixMs: NOW, home: "/home/me" };
const tree = (...sessions: SessionStatus[]): ListGroup<ListRow>[] => sessionTree(sessions, facts, plain);
const only = (change: Partial<SessionStatus>) => {
  const row = tree(session(change))[0]?.rows[0];
  if (!row) throw new Error("no row");
  return row;
};

const STATES = ["idle", "thinking", "tool", "waiting", "retrying", "failed", "cut", "ended", "unknown"];

describe("a session in words", () => {
  test("its title is the beginning of the last prompt", () => {
    const title = (lastPrompt: string | null, change: Partial<SessionStatus> = {}) =>
      sessionTitle(session({ lastPrompt, ...change }), plain);
    expect(title("  fix\n\tthe   parser ")).toBe("fix the parser");
    expect(title("a b".repeat(40))).toMatch(/^a ba .*…$/);
    expect(title(null)).toBe("Session 11111111");
    expect(title(" \u200B ", { sessionId: null })).toBe("Process 4711");
    expect(title(null, { sessionId: null, pid: null })).toBe("Session");
  });
  test("it is cut between two words, and never through a character", () => {
    expect(shorten("one two three", 9)).toBe("one two…");
    expect(shorten("one two three", 13)).toBe("one two three");
    expect(shorten("one two three", 7)).toBe("one two…");
    expect(shorten("onetwothree", 5)).toBe("onetw…");
    expect(shorten("abcd🙂", 5)).toBe("abcd…");
    expect(shorten("a\u202Ebc", 9)).toBe("abc");
  });
  test("ages are as exact as a glance", () => {
    const ages = [-5, 0, 9.9, 10, 59, 60, 3599, 3600, 47 * 3600, 48 * 3600].map((s) => ageWords(s * 1000, plain));
    expect(ages).toEqual(["now", "now", "now", "10 s", "50 s", "1 min", "59 min", "1 h", "47 h", "2 d"]);
    expect([0, 61_000].map((ms) => agoWords(ms, plain))).toEqual(["just now", "1 min ago"]);
  });
  test("each state has its own word, sentence and icon; what is newer than we are has its own name", () => {
    const words = STATES.map((state) => stateWords(session({ state }), plain));
    expect(new Set(words).size).toBe(STATES.length);
    expect(words[STATES.indexOf("waiting")]).toBe("needs you");
    expect(stateWords(session({ state: "napping" }), plain)).toBe("napping");
    const icons = STATES.map((state) => stateIcon(state).icon);
    expect(new Set(icons).size).toBe(STATES.length);
    expect(stateIcon("thinking")).toEqual({ icon: "loading~spin", color: "charts.blue" });
    expect(stateIcon("napping")).toEqual(stateIcon("unknown"));
    expect(STATES.filter((state) => stateSentence(state, plain) === undefined)).toEqual(["unknown"]);
  });
  test("a tool is named", () => {
    const pendingTools = [{ name: "Bash", summary: "npm test", sinceUnixMs: null }];
    expect(stateWords(session({ state: "tool", pendingTools }), plain)).toBe("runs Bash");
    expect(stateWords(session({ state: "tool" }), plain)).toBe("runs a tool");
  });
});

describe("the rows", () => {
  test("state, age, memory and place", () => {
    expect(only({ activeUnixMs: NOW - 61_000, rssBytes: 212e6 })).toMatchObject({
      label: "fix the parser",
      description: "idle · 1 min · 212 MB · terminal",
    });
    expect(only({ activeUnixMs: null, startedUnixMs: null, rssBytes: null, kind: "background" }).description).toBe(
      "idle · background",
    );
    expect(only({ kind: "panel", windowId: "w2" }).description).toMatch(/ · chat panel in “other”$/);
    expect(only({ windowId: "w9" }).description).toMatch(/ · terminal in another window$/);
    expect(only({ kind: "elsewhere", windowId: null }).description).toMatch(/ · outside VS Code$/);
  });
  test("what can be done", () => {
    expect(only({}).can).toBe("session open resume transcript");
    expect(only({ state: "failed" }).can).toBe("session open continue resume transcript");
    expect(only({ state: "cut", pid: null }).can).toContain("continue");
    expect(only({ state: "ended", transcript: null }).can).toBe("session open resume");
    expect(only({ state: "failed", sessionId: null, shellPid: null, transcript: null }).can).toBe("session");
    expect(only({ sessionId: null, transcript: null }).can).toBe("session open");
    expect(only({}).target).toEqual({
      sessionId: ID,
      pid: 4711,
      shellPid: 4700,
      folder: "/home/me/project",
      transcript: `/home/me/.claude/projects/-home-me-project/${ID}.jsonl`,
    });
  });
  test("package.json asks for exactly these words", () => {
    const menus = manifest.contributes.menus["view/item/context"].filter(({ when }) =>
      when.includes("lifeline.sessions"),
    );
    const words = menus.map(({ when }) => /viewItem =~ \/\\b(\w+)\\b\//.exec(when)?.[1]);
    expect(new Set(words)).toEqual(new Set(["open", "continue", "resume", "transcript"]));
  });
  test("grouped by folder: this window's first, then by name", () => {
    const rows = tree(
      session({ folder: "/home/me/work/beta", windowId: "w2" }),
      session({ folder: null, windowId: null }),
      session({ folder: "/home/me/work/zeta" }),
      session({ folder: "/srv/alpha", windowId: null }),
      session({ folder: "/", windowId: "w2" }),
      session({ folder: "/home/me", windowId: "w2" }),
      session({ folder: "/home/meadow/x", windowId: "w2" }),
    );
    expect(rows.map(({ label, description }) => [label, description])).toEqual([
      ["zeta", "~/work"],
      ["/", ""],
      ["Folder not known", ""],
      ["alpha", "/srv"],
      ["beta", "~/work"],
      ["me", "/home"],
      ["x", "/home/meadow"],
    ]);
    expect(rows[0]?.tooltip).toBe("/home/me/work/zeta");
    expect(tree(session({ folder: "C:\\Users\\me\\web" }))[0]).toMatchObject({
      label: "web",
      description: "C:\\Users\\me",
    });
    expect(tree()).toEqual([]);
  });
  test("newest first, ended last, and nothing moves while they work", () => {
    const at = (pid: number, startedUnixMs: number | null, change: Partial<SessionStatus> = {}) =>
      session({ pid, startedUnixMs, activeUnixMs: null, ...change });
    const order = (...sessions: SessionStatus[]) => tree(...sessions)[0]?.rows.map(({ target }) => target.pid);
    const [a, b, c] = [at(1, 10), at(2, 30), at(3, 20, { state: "cut" })] as const;
    expect(order(a, b, c, at(4, 40, { state: "ended" }))).toEqual([2, 3, 1, 4]);
    expect(order(c, at(1, 10, { state: "failed", activeUnixMs: NOW }), b)).toEqual([2, 3, 1]);
    expect(order(at(5, null), at(6, null, { activeUnixMs: 5 }))).toEqual([6, 5]);
  });
  test("no two rows have one id", () => {
    const twins = [session(), session(), session({ pid: 2 }), session({ sessionId: null, pid: null })];
    const rows = tree(...twins, session({ folder: "/elsewhere" }));
    const ids = [...rows.map(({ id }) => id), ...rows.flatMap(({ rows }) => rows.map(({ id }) => id))];
    expect(new Set(ids).size).toBe(7);
  });
});

describe("the tooltip", () => {
  test("has everything", () => {
    const { tooltip } = only({
      state: "tool",
      windowId: "w2",
      bridged: true,
      gitBranch: "main",
      subagents: 2,
      partialAnswer: "I will look.",
      pendingTools: [{ name: "Bash", summary: "npm test", sinceUnixMs: NOW - 125_000 }],
    });
    for (const part of [
      ID,
      "4711",
      "/home/me/project",
      "| Branch | main |",
      "| Subagents | 2 |",
      "| Editor connection | carried by Lifeline |",
      `${ID}.jsonl`,
      "terminal in “other”",
      "- Bash: npm test (for 2 min)",
      "> I will look.",
      "> fix the parser",
    ]) {
      expect(tooltip).toContain(part);
    }
    expect(only({ pendingTools: [{ name: "Edit", summary: "", sinceUnixMs: NOW }] }).tooltip).toMatch(/- Edit$/m);
    expect(only({}).tooltip).not.toMatch(/null|undefined|Subagents|Editor connection|Tools|so far/);
  });
  test("nothing that others wrote is Markdown, and none of it is long", () => {
    const evil = "[x](command:evil) <img src=y> |\n\n# big `code` $(sync~spin) ";
    const { tooltip, label, description } = only({
      state: evil,
      kind: evil,
      folder: evil,
      transcript: evil,
      gitBranch: evil,
      lastPrompt: evil.repeat(200),
      partialAnswer: evil.repeat(200),
      pendingTools: Array(50).fill({ name: evil, summary: evil.repeat(50), sinceUnixMs: null }),
    });
    expect(tooltip).not.toMatch(/[^\\]\[x|<img|^#|[^\\]`|\$\(/m);
    expect(tooltip.length).toBeLessThan(8000);
    expect(`${label}${description}`).not.toContain("\n");
    expect(label.length + description.length).toBeLessThan(200);
  });
});

describe("when it asks", () => {
  let refreshing: Refreshing | undefined;
  afterEach(() => refreshing?.dispose());

  /** Promises do what they have to do. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  function story() {
    const clock = new ManualClock();
    const began = clock.now();
    const looks: number[] = [];
    let held: Promise<void> = Promise.resolve();
    const one = new Refreshing(clock, () => {
      looks.push(clock.now() - began);
      return held;
    });
    refreshing = one;
    const pass = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 500) {
        await turn();
        clock.advance(Math.min(500, left));
      }
      await turn();
    };
    const hold = (): (() => void) => {
      let release = (): void => undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        held = Promise.resolve();
        release();
      };
    };
    return { one, looks, pass, hold };
  }

  test("never while it is hidden", async () => {
    const { one, looks, pass } = story();
    one.news();
    await pass(20_000);
    expect(looks).toEqual([]);
  });
  test("as it is shown, and every 5 s until it is hidden", async () => {
    const { one, looks, pass } = story();
    one.shown(true);
    one.shown(true);
    await pass(11_000);
    one.shown(false);
    await pass(11_000);
    one.news();
    one.shown(true);
    await pass(1000);
    expect(looks).toEqual([0, 5000, 10_000, 22_000]);
  });
  test("news in a row are one look, 2 s after the last one", async () => {
    const { one, looks, pass } = story();
    one.shown(true);
    await pass(500);
    for (let i = 0; i < 20; i++) one.news();
    await pass(1500);
    expect(looks).toEqual([0, 2000]);
    await pass(4000);
    one.news();
    await pass(500);
    expect(looks).toEqual([0, 2000, 6000]);
  });
  test("at once when there is a daemon again", async () => {
    const { one, looks, pass } = story();
    one.reconnected();
    one.shown(true);
    await pass(1000);
    one.reconnected();
    await pass(5500);
    expect(looks).toEqual([0, 1000, 6000]);
  });
  test("one look at a time; news that came meanwhile are looked at soon after", async () => {
    const { one, looks, pass, hold } = story();
    const release = hold();
    one.shown(true);
    await pass(8000);
    one.news();
    const [first, second] = [one.now(), one.now()];
    expect(first).toBe(second);
    release();
    await first;
    await pass(2000);
    expect(looks).toEqual([0, 10_000]);
  });
  test("a look that was asked for while hidden is not followed by another", async () => {
    const { one, looks, pass } = story();
    await one.now();
    await pass(20_000);
    expect(looks).toEqual([0]);
  });
});
