// The small pure rules: where, who, when, which.
import { describe, expect, test } from "vitest";
import { backoffDelay, startDelay } from "../src/pure/backoff";
import { daemonBinary, daemonEnvironment } from "../src/pure/binary";
import { mayBeDebugged } from "../src/pure/debugged";
import { daemonEndpoint, distrust, type EndpointFacts } from "../src/pure/endpoint";
import { type WindowFacts, windowId, windowLabel, workspaceKey } from "../src/pure/identity";
import { isOlder } from "../src/pure/semver";
import { SilenceWatch } from "../src/pure/silence";
import { restartTarget } from "../src/pure/surroundings";

describe("endpoint", () => {
  const facts = (env: EndpointFacts["env"], platform: NodeJS.Platform = "linux"): EndpointFacts => ({
    platform,
    env,
    temporary: "/tmp",
    uid: 1000,
    username: "ada",
  });
  test.each([
    [{ LIFELINE_RUNTIME_DIR: "/r", XDG_RUNTIME_DIR: "/run/user/1000" }, "/r/lifeline.sock"],
    [{ XDG_RUNTIME_DIR: "/run/user/1000" }, "/run/user/1000/lifeline/lifeline.sock"],
    [{ XDG_RUNTIME_DIR: "relative" }, "/tmp/lifeline-1000/lifeline.sock"],
    [{ XDG_RUNTIME_DIR: "" }, "/tmp/lifeline-1000/lifeline.sock"],
    [{}, "/tmp/lifeline-1000/lifeline.sock"],
  ])("%j → %s", (env, path) => {
    const endpoint = daemonEndpoint(facts(env));
    expect(endpoint.path).toBe(path);
    expect(`${endpoint.folder}/lifeline.sock`).toBe(path);
  });
  test("Windows", () => {
    expect(daemonEndpoint(facts({}, "win32"))).toEqual({ path: "\\\\.\\pipe\\lifeline-ada", folder: undefined });
    expect(daemonEndpoint(facts({ LIFELINE_PIPE: "\\\\.\\pipe\\x" }, "win32")).path).toBe("\\\\.\\pipe\\x");
  });
  test("a folder that is not ours alone is not trusted", () => {
    expect(distrust("/d", { isDirectory: true, uid: 1, mode: 0o700 }, 1)).toBeUndefined();
    expect(distrust("/d", { isDirectory: true, uid: 2, mode: 0o700 }, 1)).toMatch(/another user/);
    expect(distrust("/d", { isDirectory: true, uid: 1, mode: 0o770 }, 1)).toMatch(/other users/);
    expect(distrust("/d", { isDirectory: false, uid: 1, mode: 0o777 }, 1)).toMatch(/not a folder/);
  });
});

describe("binary", () => {
  const facts = { extensionPath: "/ext", platform: "linux" as NodeJS.Platform, configured: "", trusted: true };
  test("bundled, unless a trusted workspace's setting names another", () => {
    expect(daemonBinary(facts)).toEqual({ path: "/ext/bin/lifeline", bundled: true });
    expect(daemonBinary({ ...facts, configured: " /opt/lifeline " })).toEqual({
      path: "/opt/lifeline",
      bundled: false,
    });
    expect(daemonBinary({ ...facts, configured: "/opt/lifeline", trusted: false }).bundled).toBe(true);
    expect(daemonBinary({ ...facts, extensionPath: "C:\\ext", platform: "win32" }).path).toBe(
      "C:\\ext\\bin\\lifeline.exe",
    );
  });
  test("the daemon inherits what it needs, and no secret", () => {
    const env = {
      HOME: "/h",
      Path: "C:\\",
      LIFELINE_STATE_DIR: "/s",
      XDG_RUNTIME_DIR: "/r",
      LC_ALL: "C",
      ANTHROPIC_API_KEY: "k",
      GITHUB_TOKEN: "t",
      VSCODE_IPC_HOOK: "x",
      ELECTRON_RUN_AS_NODE: "1",
      NODE_OPTIONS: "--inspect",
      EMPTY: undefined,
    };
    expect(Object.keys(daemonEnvironment(env))).toEqual([
      "HOME",
      "Path",
      "LIFELINE_STATE_DIR",
      "XDG_RUNTIME_DIR",
      "LC_ALL",
    ]);
  });
});

describe("identity", () => {
  const facts: WindowFacts = {
    sessionId: "s",
    logPath: "/home/a/logs/20250101T120000/window2/exthost/lifeline-dev.lifeline",
    workspaceFile: undefined,
    workspaceFolders: ["file:///p"],
    appName: "Code",
    remoteName: undefined,
  };
  test("32 hexadecimal digits, the same for the window's next host", () => {
    expect(windowId(facts)).toMatch(/^[0-9a-f]{32}$/);
    const next = { ...facts, logPath: facts.logPath.replace("/exthost/", "/exthost1/") };
    expect(windowId(next)).toBe(windowId(facts));
    const server = { ...facts, logPath: "/s/logs/20250101T120000/exthost1/lifeline-dev.lifeline" };
    expect(windowId({ ...server, logPath: server.logPath.replace("exthost1", "exthost7") })).not.toBe(windowId(server));
    expect(windowId({ ...server, logPath: server.logPath.replace("20250101", "20250102") })).not.toBe(windowId(server));
  });
  test("a folder that was added does not make the next host another window", () => {
    expect(windowId({ ...facts, workspaceFolders: ["file:///p", "file:///q"] })).toBe(windowId(facts));
  });
  test("other windows differ", () => {
    const others: Partial<WindowFacts>[] = [
      { sessionId: "t" },
      { logPath: facts.logPath.replace("window2", "window3") },
      { workspaceFolders: ["file:///q"] },
      { workspaceFolders: [] },
      { workspaceFile: "file:///p.code-workspace" },
    ];
    const ids = [facts, ...others.map((one) => ({ ...facts, ...one }))].map(windowId);
    expect(new Set(ids).size).toBe(ids.length);
  });
  test("the workspace's key survives a reload, which makes another session and log folder", () => {
    const reloaded = { ...facts, sessionId: "t", logPath: "/other" };
    expect(workspaceKey(reloaded)).toBe(workspaceKey(facts));
    expect(windowId(reloaded)).not.toBe(windowId(facts));
    for (const one of [{ appName: "Insiders" }, { remoteName: "wsl" }, { workspaceFolders: ["file:///q"] }]) {
      expect(workspaceKey({ ...facts, ...one })).not.toBe(workspaceKey(facts));
    }
  });
  test("label", () => {
    expect(windowLabel("project", [])).toBe("project");
    expect(windowLabel(undefined, ["file:///home/a/my%20project/"])).toBe("my project");
    expect(windowLabel(undefined, ["file:///100%"])).toBe("100%");
    expect(windowLabel(undefined, [])).toBe("empty window");
  });
});

test("a restart is for the window that one of our messages named, and for no other reason for another one", () => {
  expect(restartTarget({ windowId: "w2", label: "website" })).toEqual({ windowId: "w2", label: "website" });
  expect(restartTarget({ windowId: "w2", label: 7 })).toEqual({ windowId: "w2", label: undefined });
  for (const argument of [undefined, null, "w2", 7, [], {}, { windowId: "" }, { windowId: 7 }, { label: "website" }]) {
    expect(restartTarget(argument)).toBeUndefined();
  }
});

test("a debugger", () => {
  for (const argument of ["--inspect", "--inspect=9229", "--inspect-brk", "--inspect-brk=0", "--inspect-wait"]) {
    expect(mayBeDebugged(["--x", argument], true)).toBe(true);
  }
  for (const argument of ["--inspect-port=0", "--inspect-publish-uid=http", "--inspector"]) {
    expect(mayBeDebugged([argument], true)).toBe(false);
  }
  expect(mayBeDebugged([], false)).toBe(true);
});

describe("versions", () => {
  test.each([
    ["0.1.0", "0.1.1"],
    ["0.9.0", "0.10.0"],
    ["1.0.0-beta.2", "1.0.0-beta.10"],
    ["1.0.0-beta", "1.0.0"],
    ["1.0.0-1", "1.0.0-a"],
    ["1.0.0-a", "1.0.0-a.1"],
  ])("%s is older than %s", (a, b) => {
    expect(isOlder(a, b)).toBe(true);
    expect(isOlder(b, a)).toBe(false);
  });
  test("neither the same, nor build numbers, nor what cannot be read", () => {
    expect(isOlder("1.0.0", "1.0.0")).toBe(false);
    expect(isOlder("1.0.0+1", "1.0.0+2")).toBe(false);
    expect(isOlder("nightly", "1.0.0")).toBe(false);
  });
});

test("backoff: at once, then 0.1 s to 5 s, with half of it by chance", () => {
  expect(backoffDelay(0, 0.9)).toBe(0);
  expect(backoffDelay(1, 0)).toBe(50);
  const full = [1, 2, 3, 4, 5, 6, 7, 100].map((n) => Math.round(backoffDelay(n, 0.999_999)));
  expect(full).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  expect([0, 1, 2, 6, 7, 1000].map(startDelay)).toEqual([0, 1000, 2000, 32_000, 60_000, 60_000]);
});

describe("silence", () => {
  const limits = { silentAfterMs: 10_000, askAfterMs: 5000, tickMs: 1000 };
  const run = (watch: SilenceWatch, from: number, to: number): string[] => {
    const steps: string[] = [];
    for (let now = from; now <= to; now += 1000) {
      const step = watch.tick(now);
      if (step !== "wait") steps.push(`${now} ${step}`);
    }
    return steps;
  };
  test("asks after five seconds, silent ten seconds later", () => {
    expect(run(new SilenceWatch(limits, 0), 1000, 15_000)).toEqual(["5000 ask", "15000 silent"]);
  });
  test("any sign of life counts", () => {
    const watch = new SilenceWatch(limits, 0);
    run(watch, 1000, 14_000);
    watch.heard(14_500);
    expect(run(watch, 15_000, 21_000)).toEqual(["20000 ask"]);
  });
  test("a late tick voids the deadline", () => {
    const watch = new SilenceWatch(limits, 0);
    run(watch, 1000, 14_000);
    expect(watch.tick(15_600)).toBe("wait");
    expect(run(watch, 16_600, 25_600)).toEqual(["25600 silent"]);
  });
});
