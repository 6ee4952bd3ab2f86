// The life of a connection: attach, start, reattach, replace, hand over, and what a hostile daemon can do to us.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Client, type ClientEvents, type ClientState } from "../src/client";
import { DEFAULT_SETTINGS, MAX_FRAME_BYTES } from "../src/generated/protocol";
import { StartError } from "../src/pure/start-failure";
import { FakeDaemon, type Manners } from "./support/fake-daemon";
import { advanceUntil, ManualClock, settle, until } from "./support/manual-clock";
import { context, incident, window, windowStatus } from "./support/samples";

let folder: string;
let path: string;
let clock: ManualClock;
let daemons: FakeDaemon[];
let clients: Client[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ll-"));
  path = join(folder, "lifeline.sock");
  clock = new ManualClock();
  daemons = [];
  clients = [];
});

afterEach(async () => {
  for (const client of clients) {
    const gone = client.depart();
    clock.advance(1000);
    await gone;
  }
  for (const daemon of daemons) await daemon.die();
  rmSync(folder, { recursive: true, force: true });
});

async function daemon(manners: Manners = {}): Promise<FakeDaemon> {
  const one = await new FakeDaemon(path, manners).listen();
  daemons.push(one);
  return one;
}

interface Story {
  readonly client: Client;
  readonly starts: boolean[];
  readonly states: ClientState[];
  readonly said: string[];
}

function story(start: (replace: boolean) => Promise<void> = () => Promise.resolve(), version = "0.1.0"): Story {
  const starts: boolean[] = [];
  const states: ClientState[] = [];
  const said: string[] = [];
  const events: ClientEvents = {
    stateChanged: (state) => states.push(state),
    windowStatus: (status) => said.push(`status ${status.verdict}`),
    statusReport: () => undefined,
    recovered: (one) => said.push(`recovered ${one.id}`),
    notice: (one) => said.push(`notice ${one.id}`),
    restartHost: () => Promise.resolve(true),
    openSession: (params) => {
      said.push(`open ${JSON.stringify(params)}`);
      return Promise.resolve({ opened: true, how: "terminal" });
    },
    typeInTerminal: (params) => {
      said.push(`type ${JSON.stringify(params)}`);
      return Promise.resolve(false);
    },
    freezeSoon: (kind) => said.push(`freeze ${kind}`),
    log: () => undefined,
    trace: (line) => said.push(`trace ${line}`),
  };
  const client = new Client({
    clock,
    random: () => 0.5,
    endpoint: () => ({ path, folder }),
    window: () => window,
    version,
    start: (replace) => {
      starts.push(replace);
      return start(replace);
    },
    events,
  });
  clients.push(client);
  void client.run();
  return { client, starts, states, said };
}

const attached = (one: Story): boolean => one.client.state.kind === "attached";

describe("attaching", () => {
  test("introduces itself, then tells settings and context", async () => {
    const one = await daemon();
    const here = story();
    here.client.setSettings(DEFAULT_SETTINGS);
    here.client.setContext(context());
    await until("context", () => one.clients[0]?.all("lifeline/context").length === 1);
    expect(one.last.hello).toEqual({ protocol: 1, role: "window", clientVersion: "0.1.0", window });
    const initialize = one.last.all("initialize")[0] as Record<string, unknown>;
    expect(initialize).toMatchObject({ processId: process.pid, rootUri: null, capabilities: {} });
    const order = one.last.received.map(({ method }) => method);
    expect(order.slice(0, 4)).toEqual(["initialize", "initialized", "lifeline/settings", "lifeline/context"]);
    expect(here.starts).toEqual([]);
  });

  test("starts the daemon when nobody listens", async () => {
    const here = story(async () => void (await daemon()));
    await until("attached", () => attached(here));
    expect(here.starts).toEqual([false]);
  });

  test("starts the daemon when the socket is a leftover", async () => {
    await (await daemon()).die();
    const here = story(async () => void (await daemon()));
    await until("attached", () => attached(here));
    expect(here.starts).toEqual([false]);
  });

  test("says once why it cannot start, keeps trying, and less and less often", async () => {
    const failure = { kind: "missing", path: "/nowhere/lifeline", bundled: true } as const;
    const at: number[] = [];
    const here = story(() => {
      at.push(clock.now());
      return Promise.reject(new StartError(failure));
    });
    await advanceUntil(clock, "five attempts", () => at.length === 5);
    expect(here.states).toEqual([{ kind: "connecting", problem: { kind: "start", failure } }]);
    const gaps = at.slice(1).map((time, i) => time - (at[i] ?? 0));
    for (const [i, leastMs] of [1000, 2000, 4000, 8000].entries()) expect(gaps[i]).toBeGreaterThanOrEqual(leastMs);
    await daemon();
    await advanceUntil(clock, "attached once there is one", () => attached(here));
  });

  test("a program that only says it started is not run in a loop", async () => {
    const here = story(() => Promise.resolve());
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    await settle();
    expect(here.starts.length).toBe(1);
    await advanceUntil(clock, "tried again later", () => here.starts.length === 2);
  });

  test("does not trust a socket in a folder that others can write", async () => {
    await daemon();
    chmodSync(folder, 0o777);
    const here = story();
    await until("problem", () => here.states.length === 1);
    expect(here.states[0]).toMatchObject({ problem: { kind: "unreachable" } });
    expect(daemons[0]?.clients.length).toBe(0);
    expect(here.starts).toEqual([]);
  });

  test("a setting that changes makes it try at once", async () => {
    const failing = { now: true };
    const failure = { kind: "missing", path: "/nowhere", bundled: false } as const;
    const here = story(async () => {
      if (failing.now) throw new StartError(failure);
      await daemon();
    });
    await until("problem", () => here.states.length === 1);
    failing.now = false;
    here.client.retryNow();
    await until("attached", () => attached(here));
  });
});

describe("reattaching", () => {
  test("after the daemon's death: starts it, and tells everything again", async () => {
    const first = await daemon();
    const here = story(async () => void (await daemon()));
    here.client.setSettings(DEFAULT_SETTINGS);
    here.client.setContext(context({ dirtyDocuments: ["file:///a"] }));
    await until("attached", () => first.attached.length === 1);
    await first.die();
    await until("noticed", () => !attached(here));
    await advanceUntil(clock, "attached again", () => attached(here), 3000);
    expect(here.starts).toEqual([false]);
    await until("told again", () => daemons[1]?.last.all("lifeline/context").length === 1);
    expect(daemons[1]?.last.all("lifeline/settings")).toEqual([DEFAULT_SETTINGS]);
  });

  test("a daemon that comes back by itself is not started a second time", async () => {
    const first = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    await advanceUntil(clock, "stable", () => clock.now() > 8000);
    await first.die();
    await until("noticed", () => !attached(here));
    for (let i = 0; i < 10; i++) await settle();
    await daemon();
    await advanceUntil(clock, "attached again", () => daemons[1]?.attached.length === 1, 3000);
    expect(here.starts).toEqual([]);
  });

  test("pending requests are rejected, later ones too", async () => {
    const first = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    first.frozen = true;
    const answer = here.client.request("lifeline/incidents").then(
      () => "answered",
      () => "rejected",
    );
    await until("asked", () => first.last.all("lifeline/incidents").length === 1);
    await first.die();
    expect(await answer).toBe("rejected");
    await expect(here.client.request("lifeline/incidents")).rejects.toThrow(/not connected/);
  });
});

describe("a silent daemon", () => {
  test("is replaced once it has owed an answer for ten seconds, not earlier", async () => {
    const first = await daemon();
    const here = story(async () => {
      await first.die();
      await daemon();
    });
    await until("attached", () => attached(here));
    await settle();
    first.frozen = true;
    const moved = await advanceUntil(clock, "replaced", () => here.starts.length > 0);
    expect(here.starts).toEqual([true]);
    expect(moved).toBeGreaterThanOrEqual(10_000);
    expect(moved).toBeLessThanOrEqual(17_000);
    await until("attached again", () => attached(here));
  });

  test("one that answers is left alone", async () => {
    const first = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    await advanceUntil(clock, "half a minute", () => clock.now() > 31_000);
    expect(here.starts).toEqual([]);
    expect(attached(here)).toBe(true);
    expect(first.last.all("lifeline/ping").length).toBeGreaterThan(4);
    // A status looks at sockets and processes: not for a timer.
    expect(first.last.all("lifeline/status").length).toBe(1);
  });

  test("when it was we who were late, its deadline starts again", async () => {
    const first = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    await settle();
    first.frozen = true;
    await advanceUntil(clock, "asked", () => first.last.all("lifeline/ping").length > 0);
    for (let i = 0; i < 6; i++) {
      clock.jump(30_000);
      await settle();
    }
    expect(here.starts).toEqual([]);
    expect(attached(here)).toBe(true);
    await advanceUntil(clock, "replaced in the end", () => here.starts.length > 0);
    expect(here.starts).toEqual([true]);
  });

  test("silent from the first byte: replaced as well", async () => {
    await daemon({ mute: true });
    const here = story(async () => {
      await daemons[0]?.die();
      await daemon();
    });
    await until("connected", () => daemons[0]?.clients.length === 1);
    const moved = await advanceUntil(clock, "replaced", () => here.starts.length > 0);
    expect(moved).toBeGreaterThanOrEqual(9_900);
    expect(moved).toBeLessThanOrEqual(11_500);
    expect(here.starts).toEqual([true]);
    await until("attached", () => attached(here));
  });
});

describe("versions", () => {
  test("an older daemon is asked to leave, and ours takes over", async () => {
    const old = await daemon({ version: "0.0.9", leaves: true });
    const here = story(async () => void (await daemon({ version: "0.1.0" })));
    await until("attached", () => attached(here));
    expect(old.last.all("lifeline/handOver")).toEqual([{ version: "0.1.0" }]);
    expect(here.starts).toEqual([false]);
    expect(here.client.state).toMatchObject({ welcome: { daemonVersion: "0.1.0" } });
  });

  test("an older daemon that stays is used", async () => {
    const old = await daemon({ version: "0.0.9", leaves: false });
    const here = story();
    await until("attached", () => attached(here));
    expect(old.last.all("lifeline/handOver").length).toBe(1);
    expect(here.starts).toEqual([]);
  });

  test("a newer daemon is never asked", async () => {
    const newer = await daemon({ version: "0.2.0" });
    const here = story();
    await until("attached", () => attached(here));
    expect(newer.last.all("lifeline/handOver")).toEqual([]);
  });

  test("two versions do not take turns for ever", async () => {
    let asked = 0;
    const count = (): number =>
      daemons.reduce((sum, one) => sum + one.clients.flatMap((c) => c.all("lifeline/handOver")).length, 0);
    await daemon({ version: "0.0.9", leaves: true });
    const here = story(async () => void (await daemon({ version: "0.0.9", leaves: true })));
    await advanceUntil(clock, "given in", () => attached(here));
    asked = count();
    expect(asked).toBe(3);
  });

  test("another wire version: refused, said, and tried again only seldom", async () => {
    const other = await daemon({ refuse: 1001, protocol: 2 });
    const here = story();
    await until("problem", () => here.states.length === 1);
    expect(here.states[0]).toMatchObject({ problem: { kind: "refused", code: 1001, message: /update/ } });
    const before = other.clients.length;
    for (let i = 0; i < 30; i++) {
      clock.advance(1000);
      await settle();
    }
    expect(other.clients.length - before).toBeLessThan(12);
    expect(here.states.length).toBe(1);
  });

  test("a daemon that speaks an older protocol cannot be asked, so it is replaced", async () => {
    const old = await daemon({ refuse: 1001, protocol: 0 });
    const here = story(async () => {
      await old.die();
      await daemon();
    });
    await until("attached", () => attached(here));
    expect(here.starts).toEqual([true]);
  });

  test("something else on our socket is not believed", async () => {
    await daemon({ protocol: 99 });
    const here = story();
    await until("problem", () => here.states.length === 1);
    expect(here.states[0]).toMatchObject({ problem: { kind: "refused" } });
  });
});

describe("a hostile daemon", () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const frame = (text: string): Buffer => Buffer.from(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  test.each<[string, Buffer]>([
    ["garbage", Buffer.from([0, 1, 2, 255, 254, 10, 13, 10])],
    ["another protocol", Buffer.from("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")],
    ["an endless header", Buffer.from("A".repeat(20_000))],
    ["an oversize frame", Buffer.from(`Content-Length: ${MAX_FRAME_BYTES + 1}\r\n\r\n`)],
    ["a negative length", Buffer.from("Content-Length: -5\r\n\r\n")],
    ["no JSON", frame("{]")],
    ["a JSON array", frame("[]")],
    ["null", frame("null")],
    ["a bottomless JSON", frame(deep)],
    ["a cancellation of nothing", frame('{"jsonrpc":"2.0","method":"$/cancelRequest"}')],
  ])("%s closes the connection, and we try again with backoff", async (_, raw) => {
    const bad = await daemon({ raw });
    const here = story();
    await until("first", () => bad.clients.length === 1 && bad.clients[0]?.socket.destroyed === true);
    expect(bad.clients.length).toBe(1);
    await settle();
    expect(bad.clients.length).toBe(1);
    await advanceUntil(clock, "again", () => bad.clients.length >= 4);
    expect(here.starts).toEqual([]);
    await bad.die();
    await daemon();
    await advanceUntil(clock, "attached to a good one", () => attached(here));
  });

  test("messages with wrong contents are passed over", async () => {
    const one = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    const { connection } = one.last;
    for (const name of ["didChange", "didRecover", "notice"]) {
      for (const params of [undefined, null, 7, "x", [], {}, { id: 1 }, { windowId: "w1", notices: [null] }]) {
        await connection?.sendNotification(`lifeline/${name}`, params as never);
      }
    }
    expect(await connection?.sendRequest("lifeline/freeze", { kind: "nonsense" })).toBe(false);
    await expect(connection?.sendRequest("lifeline/unknown", {})).rejects.toThrow(/Unhandled method/);
    expect(here.said).toEqual([]);
    expect(attached(here)).toBe(true);
  });
});

describe("what the daemon says", () => {
  test("status, recoveries and notices reach the window; another window's status does not", async () => {
    const one = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    const { connection } = one.last;
    await connection?.sendNotification("lifeline/didChange", windowStatus({ verdict: "late" }));
    await connection?.sendNotification("lifeline/didChange", windowStatus({ windowId: "w2", verdict: "gone" }));
    await connection?.sendNotification("lifeline/didRecover", incident());
    await connection?.sendNotification("lifeline/notice", { id: "n1", code: "cannotSave", text: "x", incident: null });
    await until("all", () => here.said.length === 3);
    expect(here.said).toEqual(["status late", `recovered ${incident().id}`, "notice n1"]);
  });

  test("its requests are answered", async () => {
    const one = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    expect(await one.last.connection?.sendRequest("lifeline/restartHost", { incidentId: "i" })).toBe(true);
    expect(await one.last.connection?.sendRequest("lifeline/freeze", { kind: "busyLoop" })).toBe(true);
    expect(await one.last.connection?.sendRequest("lifeline/openSession", { kind: "panel" })).toEqual({
      opened: true,
      how: "terminal",
    });
    expect(await one.last.connection?.sendRequest("lifeline/typeInTerminal", { shellPid: 7 })).toBe(false);
    expect(here.said).toEqual(["freeze busyLoop", 'open {"kind":"panel"}', 'type {"shellPid":7}']);
  });

  test("traffic is traced when asked for, and not otherwise", async () => {
    const one = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    expect(here.said).toEqual([]);
    here.client.setTrace("messages");
    await one.last.connection?.sendRequest("lifeline/freeze", { kind: "nonsense" });
    await until("traced", () => here.said.some((line) => line.includes("lifeline/freeze")));
  });
});

describe("leaving", () => {
  test("says so before it goes", async () => {
    const one = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    await here.client.depart();
    await until("gone", () => one.last.socket.destroyed);
    const order = one.last.received.map(({ method }) => method).filter((name) => name !== "lifeline/status");
    expect(order.slice(2)).toEqual(["lifeline/departing", "shutdown", "exit"]);
    clock.advance(60_000);
    await settle();
    expect(one.clients.length).toBe(1);
    expect(here.starts).toEqual([]);
  });

  test("a silent daemon cannot hold it back", async () => {
    const one = await daemon();
    const here = story();
    await until("attached", () => attached(here));
    one.frozen = true;
    const gone = here.client.depart();
    await until("said", () => one.last.all("lifeline/departing").length === 1);
    clock.advance(500);
    await gone;
  });

  test("leaves while it is still looking for a daemon", async () => {
    mkdirSync(join(folder, "x"));
    const here = story(() => new Promise(() => undefined));
    await until("starting", () => here.starts.length === 1);
    await here.client.depart();
  });
});
