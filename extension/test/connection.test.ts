// Claude's connection to the API, in the status bar and in the rows of the status.
import { describe, expect, test } from "vitest";
import type { ConnectionStatus, RelayOutage } from "../src/generated/protocol";
import { connectionError, connectionHeadline, connectionRows, nextChangeMs } from "../src/pure/connection";
import { plain } from "../src/pure/format";
import { isWindowStatus } from "../src/pure/wire-checks";
import { connection, windowStatus } from "./support/samples";

const status = (change: Partial<ConnectionStatus> = {}, stormSessions: number | null = null) =>
  windowStatus({ connections: [connection(change)], stormSessions });

describe("the headline", () => {
  test.each<[string, Partial<ConnectionStatus>, number | null, number, string, boolean]>([
    ["counts down", {}, null, 0, "Claude: connection lost, retrying 2/10 in 3 s", false],
    ["as time passes", {}, null, 1400, "Claude: connection lost, retrying 2/10 in 1 s", false],
    ["an attempt is under way", {}, null, 2300, "Claude: connection lost, retrying 2/10", false],
    ["of many sessions", {}, 4, 2300, "Claude: connection lost in 4 sessions, retrying 2/10", false],
    ["overload", { httpStatus: 529, code: null }, null, 2300, "Claude: API overloaded (529), retrying 2/10", false],
    ["another answer", { httpStatus: 500, code: null }, null, 2300, "Claude: API error (500), retrying 2/10", false],
    [
      "nothing says why, or how often",
      { code: null, maxAttempts: null, nextInMs: 0 },
      null,
      0,
      "Claude: request failed, attempt 3",
      false,
    ],
    ["silence", { state: "stalled", silentMs: 75_400 }, null, 1000, "Claude: no answer for 76 s", true],
    ["the end", { state: "died" }, null, 0, "Claude: turn died", true],
    ["a new beginning", { state: "recovered" }, null, 0, "Claude: connected again", false],
  ])("%s", (_, change, storm, ageMs, words, warning) => {
    expect(connectionHeadline(status(change, storm), ageMs, plain)).toMatchObject({ words, warning });
  });

  test("all is well, also by a daemon that knows nothing of connections", () => {
    expect(connectionHeadline(windowStatus(), 0, plain)).toBeUndefined();
    const { connections: _, ...old } = windowStatus();
    expect(isWindowStatus(old) && connectionHeadline(old, 0, plain)).toBeUndefined();
    expect(connectionHeadline(status({ state: "something new" }), 0, plain)).toBeUndefined();
  });

  test("it is drawn again when a second is over, and not otherwise", () => {
    expect(nextChangeMs(status(), 0)).toBe(300);
    expect(nextChangeMs(status(), 300)).toBe(1000);
    expect(nextChangeMs(status(), 2300)).toBeUndefined();
    expect(nextChangeMs(status({ state: "stalled", silentMs: 75_400 }), 0)).toBe(600);
    expect(nextChangeMs(status({ state: "died" }), 0)).toBeUndefined();
    expect(nextChangeMs(windowStatus(), 0)).toBeUndefined();
  });
});

describe("an outage that the relay waits out", () => {
  const outage = (change: Partial<RelayOutage> = {}): RelayOutage => ({
    host: "api.anthropic.com",
    attempt: 1,
    of: 5,
    reason: "refused",
    nextInMs: 3200,
    ...change,
  });
  const waiting = (change: Partial<RelayOutage> = {}) => windowStatus({ relayOutage: outage(change) });
  test.each<[string, Partial<RelayOutage>, number, string]>([
    ["counts down", {}, 0, "Claude: connection lost, retrying 2/5 in 4 s"],
    ["as time passes", {}, 3000, "Claude: connection lost, retrying 2/5 in 1 s"],
    ["an attempt is under way", {}, 3300, "Claude: connection lost, retrying 2/5"],
    ["nobody says when", { nextInMs: null }, 0, "Claude: connection lost, retrying 2/5"],
    ["there is none after the last", { attempt: 5 }, 9000, "Claude: connection lost, retrying 5/5"],
    ["no network at all", { attempt: 0, reason: "noRoute" }, 0, "Claude: no network, waiting for it"],
  ])("%s", (_, change, ageMs, words) => {
    expect(connectionHeadline(waiting(change), ageMs, plain)).toEqual({ icon: "sync", words, warning: false });
  });
  test("it is why sessions wait, and so goes before what they say", () => {
    const stalled = windowStatus({ connections: [connection({ state: "stalled" })], relayOutage: outage() });
    expect(connectionHeadline(stalled, 0, plain)?.words).toMatch(/retrying 2\/5/);
    expect(nextChangeMs(stalled, 0)).toBe(200);
    expect(nextChangeMs(waiting({ nextInMs: null }), 0)).toBeUndefined();
    const rows = connectionRows(stalled, plain).map(([, value]) => value);
    expect(rows[0]).toBe("the relay waits for api.anthropic.com: attempt 1 of 5 failed (refused)");
    expect(rows).toHaveLength(2);
    expect(connectionRows(waiting({ host: "*a*" }), plain)[0]?.[1]).toContain("\\*a\\*");
    expect(connectionRows(waiting({ reason: "noRoute" }), plain)[0]?.[1]).toBe("the relay waits for a network");
  });
  test("an older daemon tells none, and a hostile one is no status", () => {
    const { relayOutage: _, ...old } = windowStatus();
    expect(isWindowStatus(old) && connectionHeadline(old as never, 0, plain)).toBeUndefined();
    const { nextInMs: __, ...without } = outage();
    expect(isWindowStatus({ ...windowStatus(), relayOutage: without })).toBe(true);
    for (const bad of [{ host: 7 }, { attempt: "1" }, { of: null }, { reason: 7 }, { nextInMs: "soon" }]) {
      expect(isWindowStatus({ ...windowStatus(), relayOutage: { ...outage(), ...bad } })).toBe(false);
    }
  });
});

test("rows say which session, and nothing in them is Markdown", () => {
  const rows = connectionRows(status({ ofSubagent: true }, 3), plain).map(([, value]) => value);
  expect(rows[0]).toBe("3 sessions at once: it is the network or the service");
  expect(rows[1]).toContain("a subagent of “fix \\*it\\*”: retrying 2/10");
  expect(connectionRows(status({ state: "died" }), plain)[0]?.[1]).toContain("its turn died, at 9.1 MB");
});

test("what broke a session's connection, for an explanation", () => {
  const { sessionId } = connection();
  const error = (change: Partial<ConnectionStatus>, id: string | undefined = sessionId) =>
    connectionError([windowStatus(), status(change)], id);
  expect(error({})).toBe("API Error: Connection error (ECONNRESET)");
  expect(error({ httpStatus: 529 })).toBe("API Error: 529");
  expect(error({ code: null })).toBe("");
  expect(connectionError([status()], "another")).toBe("");
  expect(connectionError([status()], undefined)).toBe("");
});

test("hostile connections are no status", () => {
  expect(isWindowStatus(status())).toBe(true);
  for (const bad of [{ title: 7 }, { attempt: "2" }, { ofSubagent: null }, { silentMs: Number.NaN }]) {
    expect(isWindowStatus(windowStatus({ connections: [{ ...connection(), ...bad } as ConnectionStatus] }))).toBe(
      false,
    );
  }
  expect(isWindowStatus({ ...windowStatus(), connections: {} })).toBe(false);
});
