// The relay's switch: what the program is asked, and what is made of its answers.
import { describe, expect, test } from "vitest";
import {
  readRelayPreview,
  relayEnvironment,
  sameRelayPreview,
  switchArguments,
  switchedSentence,
  wantedSwitch,
} from "../src/pure/relay";

test("whoever is led to it is offered to be rid of it, and everybody else to be led there", () => {
  const status = (mode: string, isUsed: unknown) => JSON.stringify({ mode, isUsed, port: 20001 });
  expect(wantedSwitch(status("tunnel", true))).toBe("off");
  // Left behind in the settings: to be taken out.
  expect(wantedSwitch(status("off", true))).toBe("off");
  expect(wantedSwitch(status("tunnel", false))).toBe("on");
  expect(wantedSwitch(status("off", false))).toBe("on");
  for (const bad of ["", "[]", "{}", '{"mode":"off"}', status("off", "yes")]) expect(wantedSwitch(bad)).toBeUndefined();
});

test("as what it is turned on is told to the program", () => {
  expect(switchArguments("gateway")).toEqual(["relay", "on", "--mode", "gateway"]);
  expect(switchArguments("tunnel")).toEqual(["relay", "on", "--mode", "tunnel"]);
  expect(switchArguments("off")).toEqual(["relay", "off"]);
});

describe("the change that is shown", () => {
  const change = (after: string | null) => JSON.stringify({ file: "/h/.claude/settings.json", before: "{}", after });
  test("is a file before and after, or nothing", () => {
    expect(readRelayPreview(change("{ }"))).toEqual({ file: "/h/.claude/settings.json", before: "{}", after: "{ }" });
    expect(readRelayPreview(change(null))).toMatchObject({ after: null });
    expect(readRelayPreview(change("{}"))).toBe("nothing");
    expect(readRelayPreview("null\n")).toBe("nothing");
    expect(readRelayPreview("{}")).toBeUndefined();
    expect(readRelayPreview("")).toBeUndefined();
  });
  test("has to be the one that is made", () => {
    const [one, other] = [readRelayPreview(change("{ }")), readRelayPreview(change(null))];
    expect(one && sameRelayPreview(one, { ...(one as object) } as typeof one)).toBe(true);
    expect(one && other && sameRelayPreview(one, other)).toBe(false);
    expect(one && sameRelayPreview(one, "nothing")).toBe(false);
    expect(sameRelayPreview("nothing", "nothing")).toBe(true);
  });
});

test("of what the program says a message has what matters", () => {
  expect(switchedSentence("The relay is on: …\nIt needs a daemon.\nMore.\n")).toBe("The relay is on: …");
  const excepted = "api.anthropic.com is among the exceptions (NO_PROXY): Claude Code passes the relay by.";
  expect(switchedSentence(`${excepted}\nThe relay is on.\nMore.\n`)).toBe(`${excepted} The relay is on.`);
  expect(switchedSentence(" \n")).toBeUndefined();
});

test("the program learns the proxies of this host and of the panel, and nothing else", () => {
  const env = {
    HTTPS_PROXY: "http://me:pw@h:1",
    no_proxy: "a",
    ANTHROPIC_API_KEY: "k",
    PATH: "/bin",
    NO_PROXY: undefined,
  };
  expect(relayEnvironment(env, undefined)).toEqual({ HTTPS_PROXY: "http://me:pw@h:1", no_proxy: "a" });
  const added = [
    { name: "HTTPS_PROXY", value: "http://panel:2" },
    { name: "ANTHROPIC_API_KEY", value: "k" },
    { name: "NO_PROXY", value: 7 },
    null,
    "x",
    { name: "ANTHROPIC_BASE_URL", value: "https://gateway.example" },
  ];
  expect(relayEnvironment(env, added)).toEqual({
    HTTPS_PROXY: "http://panel:2",
    no_proxy: "a",
    ANTHROPIC_BASE_URL: "https://gateway.example",
  });
  expect(relayEnvironment({}, { HTTPS_PROXY: "x" })).toEqual({});
});
