// What the doctor is told of the editor, and that no secret is among it.
import { describe, expect, test } from "vitest";
import { type EditorSources, editorFacts, environmentFacts } from "../src/pure/editor-facts";

const SECRET = "hunter2-hunter2";

function facts(settings: Record<string, unknown> = {}, more: Partial<EditorSources> = {}) {
  return editorFacts({
    name: "Visual Studio Code",
    version: "1.100.3",
    remote: undefined,
    claudeCode: undefined,
    settingsFile: undefined,
    platform: "linux",
    setting: (name) => settings[name],
    env: {},
    ...more,
  });
}

const manifest = (...names: string[]) => ({
  version: "1.0.88",
  engines: { vscode: "^1.94.0" },
  contributes: { configuration: { properties: Object.fromEntries(names.map((name) => [name, {}])) } },
});

test("the editor and its Claude Code, as the program reads them", () => {
  expect(facts()).toEqual({
    name: "Visual Studio Code",
    version: "1.100.3",
    remote: null,
    claudeCode: null,
    settings: {},
    env: {},
  });
  const claudeCode = { path: "/ext/claude", manifest: manifest() };
  expect(facts({}, { remote: "ssh-remote", claudeCode, settingsFile: "/u/settings.json" })).toMatchObject({
    remote: "ssh-remote",
    claudeCode: { version: "1.0.88", engine: "^1.94.0", path: "/ext/claude" },
    settingsFile: "/u/settings.json",
  });
});

test.each([undefined, null, 7, {}, { version: 7, engines: null, contributes: null }])(
  "the manifest %j says nothing, and breaks nothing",
  (bad) => {
    expect(facts({}, { claudeCode: { path: "/c", manifest: bad } }).claudeCode).toEqual({
      version: "",
      engine: null,
      path: "/c",
    });
  },
);

describe("settings", () => {
  test("those of the proxy and of Claude Code; no others", () => {
    const settings = {
      "http.proxy": "http://proxy:3128",
      "http.noProxy": ["localhost"],
      "http.proxyStrictSSL": false,
      "http.proxyAuthorization": SECRET,
      "claudeCode.useTerminal": true,
      "claude-code.old": 7,
      "editor.fontSize": 12,
    };
    const names = ["claudeCode.useTerminal", "claude-code.old", "claudeCode.apiKey", "editor.fontSize"];
    const told = facts(settings, { claudeCode: { path: "/c", manifest: manifest(...names) } }).settings;
    expect(told).toEqual({
      "http.proxy": "http://proxy:3128",
      "http.noProxy": ["localhost"],
      "http.proxyStrictSSL": false,
      "claudeCode.useTerminal": true,
      "claude-code.old": 7,
    });
  });
  test("a manifest may have its configuration in parts", () => {
    const parts = { contributes: { configuration: [{ properties: { "claudeCode.a": {} } }, null, { properties: 7 }] } };
    const claudeCode = { path: "/c", manifest: parts };
    expect(facts({ "claudeCode.a": 1 }, { claudeCode }).settings).toEqual({ "claudeCode.a": 1 });
  });
  test.each([
    ["linux", "linux"],
    ["darwin", "osx"],
    ["win32", "windows"],
  ] as const)("of the terminal's environment on %s only what matters", (platform, name) => {
    const settings = {
      [`terminal.integrated.env.${name}`]: {
        HTTPS_PROXY: "http://p:1",
        PATH: "/bin",
        ANTHROPIC_API_KEY: SECRET,
        X: null,
      },
    };
    expect(facts(settings, { platform }).settings).toEqual({
      [`terminal.integrated.env.${name}`]: { HTTPS_PROXY: "http://p:1" },
    });
  });
  test("variables in a list of Claude Code's are told by the same list", () => {
    const claudeCode = { path: "/c", manifest: manifest("claudeCode.environmentVariables") };
    const settings = {
      "claudeCode.environmentVariables": [
        { name: "API_TIMEOUT_MS", value: "1000" },
        { name: "ANTHROPIC_AUTH_TOKEN", value: SECRET },
        { name: "MY_OWN", value: SECRET },
        { name: "CLAUDE_X", value: { deep: SECRET } },
        7,
      ],
    };
    expect(facts(settings, { claudeCode }).settings).toEqual({
      "claudeCode.environmentVariables": [{ name: "API_TIMEOUT_MS", value: "1000" }, 7],
    });
  });
});

describe("never a secret", () => {
  const names = [
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_API_KEY",
    "CLAUDE_secret",
    "CLAUDE_PASSWORD",
    "CLAUDE_AUTH",
    "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
  ];
  test("not by name, in the environment", () => {
    const env = Object.fromEntries(names.map((name) => [name, SECRET]));
    expect(environmentFacts({ ...env, ANTHROPIC_API_KEY: SECRET, HOME: SECRET, PATH: SECRET })).toEqual({});
  });
  test("what matters is told, in any case", () => {
    const env = { https_proxy: "http://p:1", NO_PROXY: "a,b", CLAUDE_CODE_SSE_PORT: "1234", API_TIMEOUT_MS: "1000" };
    expect(environmentFacts({ ...env, X: undefined, ALL_PROXY: undefined })).toEqual(env);
  });
  test.each([
    ["HTTPS_PROXY", `http://me:${SECRET}@proxy:3128`, "http://***@proxy:3128"],
    ["HTTPS_PROXY", `http://me:p@${SECRET}@proxy:3128/`, "http://***@proxy:3128/"],
    ["HTTPS_PROXY", `http://me:p/${SECRET}@proxy`, "http://***@proxy"],
    ["http_proxy", `me:${SECRET}@proxy:3128`, "***@proxy:3128"],
    ["ALL_PROXY", `socks5h://${SECRET}@proxy`, "socks5h://***@proxy"],
    ["ANTHROPIC_BASE_URL", `https://me:${SECRET}@host/v1`, "https://***@host/v1"],
    ["CLAUDE_X", `Bearer ${SECRET}`, "Bearer ***"],
    ["CLAUDE_X", `sk-ant-${SECRET}`, "sk-***"],
    ["CLAUDE_CONFIG_DIR", "/home/me@work/.claude", "/home/me@work/.claude"],
    ["NODE_OPTIONS", "--max-old-space-size=4096", "--max-old-space-size=4096"],
  ])("%s=%s is told as %s", (name, value, told) => {
    expect(environmentFacts({ [name]: value })).toEqual({ [name]: told });
  });
  test("nowhere in what is sent", () => {
    const hiding = {
      "http.proxy": `http://me:${SECRET}@proxy:3128`,
      "http.noProxy": [`http://me:${SECRET}@a`, { token: SECRET, list: [{ apiKey: SECRET }] }],
      "terminal.integrated.env.linux": { NO_PROXY: `//x:${SECRET}@h`, CLAUDE_TOKEN: SECRET },
      "claudeCode.x": { headers: SECRET, name: "X_KEY", value: SECRET, deep: { deep: { deep: { deep: SECRET } } } },
    };
    const claudeCode = { path: "/c", manifest: manifest("claudeCode.x", "claudeCode.authToken") };
    const env = Object.fromEntries(names.map((name) => [name, SECRET]));
    expect(JSON.stringify(facts(hiding, { claudeCode, env }))).not.toContain(SECRET);
  });
});

test("a flood is left out, and nothing is cut: a repair may write it back", () => {
  const long = "x".repeat(100_000);
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`CLAUDE_${i}`, "x"]));
  const told = facts(
    { "http.noProxy": Array(2000).fill("a"), "http.proxy": long },
    { env: { ...many, NO_PROXY: long } },
  );
  expect(told.settings).toEqual({});
  expect(Object.keys(told.env).length).toBe(100);
  const hosts = Array.from({ length: 500 }, (_, i) => `host-${i}.example.org`);
  const whole = facts({ "http.noProxy": hosts }, { env: { NO_PROXY: hosts.join(",") } });
  expect(whole).toMatchObject({ settings: { "http.noProxy": hosts }, env: { NO_PROXY: hosts.join(",") } });
});

test("a value that leads to itself comes to an end", () => {
  const loop: Record<string, unknown> = { a: 1 };
  loop["b"] = loop;
  expect(JSON.stringify(facts({ "http.proxySupport": loop }).settings)).toContain('"a":1');
});
