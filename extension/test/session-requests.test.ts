// What may be asked about a session: what is typed, opened and copied, and in which way it is opened.
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { OpenSessionParams } from "../src/generated/protocol";
import { type OpeningWindow, openSession } from "../src/pure/session-opening";
import {
  claudeAddress,
  isSessionId,
  isTypable,
  mayContinue,
  readOpenSession,
  readTypeInTerminal,
  sessionTarget,
} from "../src/pure/session-requests";
import { claudeCommand, dialectOf, quote, resumeCommand } from "../src/pure/shell";
import { readSessionAnswer, readSessions } from "../src/pure/wire-checks";
import { ID, session } from "./support/samples";

const NO_IDS = ["", "x", `${ID} `, `${ID}\n`, `${ID};id`, ID.slice(1), `-${ID.slice(1)}`, 7, null, undefined, {}, [ID]];
const NOT_TYPABLE = ["", "  ", "a\nb", "a\rb", "a\u001Bb", "a\u007Fb", "a\u0085b", "a\u2028b", "a\u202Eb", 7, null];

describe("what is let through", () => {
  test("a session's id is a UUID", () => {
    expect([isSessionId(ID), isSessionId(ID.toUpperCase())]).toEqual([true, true]);
    for (const no of NO_IDS) expect(isSessionId(no)).toBe(false);
  });
  test("one line of text is typed", () => {
    for (const yes of ["continue", "größer 🙂, bitte", "x".repeat(200)]) expect(isTypable(yes)).toBe(true);
    for (const no of [...NOT_TYPABLE, "x".repeat(201)]) expect(isTypable(no)).toBe(false);
  });
  test("typing into a terminal", () => {
    expect(readTypeInTerminal({ shellPid: 7, text: "continue" })).toEqual({ shellPid: 7, text: "continue" });
    for (const shellPid of [0, -1, 1.5, "7", null, Number.NaN]) {
      expect(readTypeInTerminal({ shellPid, text: "continue" })).toBeUndefined();
    }
    for (const text of NOT_TYPABLE) expect(readTypeInTerminal({ shellPid: 7, text })).toBeUndefined();
    for (const no of [undefined, null, "x", []]) expect(readTypeInTerminal(no)).toBeUndefined();
  });
  test("opening a session", () => {
    const request = { sessionId: ID, folder: "/a", kind: "panel", prompt: "continue" };
    expect(readOpenSession(request)).toEqual(request);
    expect(readOpenSession({ sessionId: ID, kind: "terminal" })).toEqual({
      sessionId: ID,
      folder: null,
      kind: "terminal",
      prompt: null,
    });
    const wrong: Record<string, unknown>[] = [
      ...NO_IDS.map((sessionId) => ({ sessionId })),
      ...["a", "./a", "", 7, {}].map((folder) => ({ folder })),
      ...["elsewhere", "", 7, null].map((kind) => ({ kind })),
      ...NOT_TYPABLE.filter((prompt) => prompt !== null).map((prompt) => ({ prompt })),
      { prompt: "--dangerously-skip-permissions" },
    ];
    for (const change of wrong) expect(readOpenSession({ ...request, ...change })).toBeUndefined();
    for (const no of [undefined, null, 7, []]) expect(readOpenSession(no)).toBeUndefined();
  });
  test("only a turn that died is continued", () => {
    const states = ["idle", "thinking", "tool", "waiting", "retrying", "failed", "cut", "ended", "unknown"];
    expect(states.filter((state) => mayContinue({ state, sessionId: ID }))).toEqual(["failed", "cut"]);
    expect(mayContinue({ state: "cut", sessionId: null })).toBe(false);
  });
  test("a command is called with a row, or with an id, or with anything", () => {
    const none = { sessionId: null, pid: null, shellPid: null, folder: null, transcript: null };
    const target = { sessionId: ID, pid: 1, shellPid: 2, folder: "/a", transcript: "/b" };
    expect(sessionTarget({ id: "session:1", target })).toEqual(target);
    expect(sessionTarget({ sessionId: ID })).toEqual({ ...none, sessionId: ID });
    expect(sessionTarget({ sessionId: "x; rm", shellPid: 2 })).toEqual({ ...none, shellPid: 2 });
    for (const no of [undefined, null, 7, "x", {}, [], { target: 7 }, { id: "folder:/a", sessions: [] }]) {
      expect(sessionTarget(no)).toBeUndefined();
    }
  });
});

describe("what the daemon answers", () => {
  test("a session with what is missing or wrong left open", () => {
    expect(readSessions([session()])).toEqual([session()]);
    const bare = {
      ...Object.fromEntries(Object.keys(session()).map((name) => [name, null])),
      kind: "background",
      state: "unknown",
      pendingTools: [],
      subagents: 0,
      bridged: false,
    };
    expect(readSessions([{ kind: "background", state: "unknown" }])).toEqual([bare]);
    const wrong = { ...Object.fromEntries(Object.keys(session()).map((name) => [name, {}])), pendingTools: null };
    expect(readSessions([{ ...wrong, kind: "background", state: "unknown" }])).toEqual([bare]);
    expect(readSessions([session({ sessionId: "../../etc" })])[0]?.sessionId).toBeNull();
    const tools = [{ name: "Bash", summary: "" }];
    expect(readSessions([{ ...session(), pendingTools: tools }])[0]?.pendingTools).toEqual([
      { name: "Bash", summary: "", sinceUnixMs: null },
    ]);
  });
  test("what is no session is left out", () => {
    const no = [null, 7, {}, { kind: "x" }, { ...session(), state: 7 }, { ...session(), pendingTools: [7] }];
    expect(readSessions([...no, session()])).toEqual([session()]);
    for (const value of [null, {}, "x", undefined]) expect(readSessions(value)).toEqual([]);
  });
  test("what became of a request", () => {
    expect(readSessionAnswer({ result: "started" })).toEqual({ result: "started" });
    expect(readSessionAnswer({ result: "alreadyOpen", shellPid: 7 })).toEqual({ result: "alreadyOpen", shellPid: 7 });
    expect(readSessionAnswer({ result: "alreadyOpen" })).toEqual({ result: "alreadyOpen", shellPid: null });
    expect(readSessionAnswer({ result: "refused", reason: "busy" })).toEqual({ result: "refused", reason: "busy" });
    for (const no of [null, 7, {}, { result: "refused" }, { result: "x" }])
      expect(readSessionAnswer(no)).toBeUndefined();
  });
});

describe("the command that resumes", () => {
  test("the shell is known by its name", () => {
    const of = (shell: string) => dialectOf(shell, "linux");
    expect(["/bin/bash", "/usr/bin/zsh", "", "C:\\Program Files\\Git\\bin\\bash.exe"].map(of)).toEqual(
      Array(4).fill("posix"),
    );
    expect(["C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "/usr/bin/pwsh"].map(of)).toEqual(
      Array(2).fill("powershell"),
    );
    expect(["C:\\WINDOWS\\System32\\cmd.exe", "/usr/bin/fish"].map(of)).toEqual(["cmd", "fish"]);
    expect(dialectOf("", "win32")).toBe("powershell");
  });
  test("in its folder", () => {
    expect(resumeCommand(ID, "/home/me/a-b_c.d", "posix")).toBe(`cd /home/me/a-b_c.d && claude --resume ${ID}`);
    expect(resumeCommand(ID, "/it's $HOME", "posix")).toBe(`cd '/it'\\''s $HOME' && claude --resume ${ID}`);
    expect(resumeCommand(ID, "/it's a\\b", "fish")).toBe(`cd '/it\\'s a\\\\b' && claude --resume ${ID}`);
    expect(resumeCommand(ID, "C:\\it's ‘here’", "powershell")).toBe(
      `Set-Location -LiteralPath 'C:\\it''s ‘‘here’’'; if ($?) { claude --resume ${ID} }`,
    );
    expect(resumeCommand(ID, "C:\\a b", "cmd")).toBe(`cd /d "C:\\a b" && claude --resume ${ID}`);
  });
  test("without a folder that can be written down", () => {
    for (const folder of [null, "relative", "-", "/a\nb", "/a\u001B[201~"]) {
      expect(resumeCommand(ID, folder, "posix")).toBe(`claude --resume ${ID}`);
    }
    expect(resumeCommand(ID, "C:\\%TEMP%", "cmd")).toBe(`claude --resume ${ID}`);
  });
  test("with a prompt", () => {
    expect(claudeCommand(ID, null, "posix")).toBe(`claude --resume ${ID}`);
    expect(claudeCommand(ID, "continue", "posix")).toBe(`claude --resume ${ID} continue`);
    expect(claudeCommand(ID, "go on", "powershell")).toBe(`claude --resume ${ID} 'go on'`);
    expect(claudeCommand(ID, "100 %", "cmd")).toBeUndefined();
  });
  test.skipIf(process.platform === "win32")("a real shell reads back what was meant", () => {
    const texts = ["plain", "it's", "''", "$(id) `id` $HOME ~ * ! # & ; | > <", 'a "b" \\ c\\', "ü 🙂", "{a,b}", "~"];
    for (const text of texts) {
      const quoted = quote(text, "posix") ?? "";
      expect(spawnSync("/bin/sh", ["-c", `printf %s ${quoted}`], { encoding: "utf8" }).stdout).toBe(text);
    }
  });
});

describe("the address that opens a session", () => {
  const address = (prompt: string | null, version: unknown = "2.1.3", scheme = "vscode") =>
    claudeAddress({ sessionId: ID, prompt }, scheme, version);
  test("from version 2 on", () => {
    expect(address(null)).toBe(`vscode://anthropic.claude-code/open?session=${ID}`);
    expect(address("go on", "10.0.0", "vscode-insiders")).toBe(
      `vscode-insiders://anthropic.claude-code/open?session=${ID}&prompt=go%20on`,
    );
    for (const version of ["1.0.88", "", null, 2]) expect(address(null, version)).toBeUndefined();
    for (const scheme of ["", "java script", "x://y"]) expect(address(null, "2.0.0", scheme)).toBeUndefined();
  });
  test("a prompt that would not survive the way is not sent on it", () => {
    for (const prompt of ["a&b", "a#b", "a+b", "a?b", "a=b", "100%"]) expect(address(prompt)).toBeUndefined();
  });
});

describe("in which way it is opened", () => {
  /** A window that notes what is done to it. */
  function window(change: Partial<OpeningWindow> = {}): OpeningWindow & { readonly done: string[] } {
    const done: string[] = [];
    return {
      done,
      dialect: "posix",
      scheme: "vscode",
      claudeVersion: async () => "2.1.3",
      hasOpenCommand: async () => true,
      runOpenCommand: async (sessionId, prompt) => void done.push(`command ${sessionId} ${prompt}`),
      openAddress: async (address) => done.push(address) > 0,
      mayRunIn: async () => true,
      runInTerminal: async (command, folder) => done.push(`${folder}$ ${command}`) > 0,
      log: () => undefined,
      ...change,
    };
  }
  const ask = (change: Partial<OpenSessionParams> = {}): OpenSessionParams => ({
    sessionId: ID,
    folder: "/a",
    kind: "panel",
    prompt: "continue",
    ...change,
  });
  const no = async (): Promise<boolean> => false;

  test("Claude Code's command comes first", async () => {
    const here = window();
    expect(await openSession(ask(), here)).toEqual({ opened: true, how: "command" });
    expect(here.done).toEqual([`command ${ID} continue`]);
  });
  test("a command that fails is the last thing tried", async () => {
    const here = window({ runOpenCommand: () => Promise.reject(new Error("x")) });
    expect(await openSession(ask(), here)).toEqual({ opened: false, how: null });
    expect(here.done).toEqual([]);
  });
  test("then its address", async () => {
    const here = window({ hasOpenCommand: no });
    expect(await openSession(ask({ prompt: null }), here)).toEqual({ opened: true, how: "uri" });
    expect(here.done).toEqual([`vscode://anthropic.claude-code/open?session=${ID}`]);
  });
  test.each<[string, Partial<OpeningWindow>]>([
    ["nobody took the address", { hasOpenCommand: no, openAddress: no }],
    ["a browser", { hasOpenCommand: no, scheme: undefined }],
    ["an old version", { hasOpenCommand: no, claudeVersion: async () => "1.0.88" }],
    ["no such extension", { claudeVersion: async () => undefined }],
  ])("else a terminal: %s", async (_, change) => {
    const here = window(change);
    expect(await openSession(ask(), here)).toEqual({ opened: true, how: "terminal" });
    expect(here.done).toEqual([`/a$ claude --resume ${ID} continue`]);
  });
  test("a terminal when one is asked for", async () => {
    const here = window();
    expect(await openSession(ask({ kind: "terminal", prompt: null, folder: null }), here)).toEqual({
      opened: true,
      how: "terminal",
    });
    expect(here.done).toEqual([`null$ claude --resume ${ID}`]);
  });
  test.each<[string, Partial<OpeningWindow>]>([
    ["nothing may be run there", { mayRunIn: no }],
    ["its shell does not come up", { runInTerminal: no }],
  ])("not at all: %s", async (_, change) => {
    const here = window(change);
    expect(await openSession(ask({ kind: "terminal" }), here)).toEqual({ opened: false, how: null });
    expect(here.done).toEqual([]);
  });
});
