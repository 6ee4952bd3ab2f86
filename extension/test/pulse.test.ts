// The worker thread as it is shipped, in a process whose main thread really freezes.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { DEFAULT_SETTINGS, type Pulse } from "../src/generated/protocol";
import { FakeDaemon } from "./support/fake-daemon";
import { until } from "./support/manual-clock";
import { context, window } from "./support/samples";

let bundles: string;
let folder: string;
let path: string;
let host: ChildProcess;
let daemon: FakeDaemon;
let heard: { kind: string; line?: string }[];
const told = context({ dirtyCustomEditors: ["file:///drawing"], dirtyDocuments: ["file:///notes"] });

beforeAll(async () => {
  bundles = mkdtempSync(join(tmpdir(), "ll-"));
  const common = { bundle: true, platform: "node", format: "cjs", target: "node18", logLevel: "error" } as const;
  const source = join(__dirname, "..", "src", "host");
  await build({ ...common, entryPoints: [join(source, "pulse-worker.ts")], outfile: join(bundles, "pulse.js") });
  await build({ ...common, entryPoints: [join(source, "pulse.ts")], outfile: join(bundles, "thread.js") });
});

afterAll(() => rmSync(bundles, { recursive: true, force: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ll-"));
  path = join(folder, "lifeline.sock");
  daemon = new FakeDaemon(path);
  heard = [];
});

afterEach(async () => {
  host.kill("SIGKILL");
  await daemon.die();
  rmSync(folder, { recursive: true, force: true });
});

function startHost(worker = join(bundles, "pulse.js")): void {
  const facts = {
    start: {
      window,
      clientVersion: "0.1.0",
      endpoint: { path, folder },
      binary: { path: join(__dirname, "fixtures", "lifeline-stand-in.sh"), bundled: true },
      env: { PATH: process.env["PATH"], LIFELINE_TEST_FOLDER: folder },
    },
    settings: DEFAULT_SETTINGS,
    context: told,
  };
  const script = join(__dirname, "fixtures", "host.mjs");
  const args = [script, join(bundles, "thread.js"), worker, JSON.stringify(facts)];
  host = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  let rest = "";
  host.stdout?.on("data", (data: Buffer) => {
    const lines = (rest + data.toString()).split("\n");
    rest = lines.pop() ?? "";
    heard.push(...lines.map((line) => JSON.parse(line) as { kind: string }));
  });
}

const pulses = (): Pulse[] => daemon.clients.flatMap((client) => client.all("lifeline/pulse")) as Pulse[];
const callsOf = (): string => (existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "");

async function freeze(): Promise<void> {
  host.stdin?.write("freeze\n");
  await until("the counter stands still", () => {
    const [a, b, c] = pulses().slice(-3);
    return a !== undefined && a.counter > 0 && a.counter === b?.counter && b.counter === c?.counter;
  });
}

test("pulses with rising numbers and the main thread's counter", async () => {
  await daemon.listen();
  startHost();
  await until("some pulses", () => pulses().length >= 4);
  const seen = pulses();
  expect(daemon.clients.length).toBe(1);
  expect(daemon.last.hello).toMatchObject({ role: "pulse", window: { windowId: "w1" } });
  expect(seen.every((pulse, i) => i === 0 || pulse.seq === (seen[i - 1]?.seq ?? 0) + 1)).toBe(true);
  expect(seen.at(-1)?.counter).toBeGreaterThan(seen[0]?.counter ?? 0);
});

test("while the main thread is frozen it pulses on, finds a new daemon, and tells it the last context and settings", async () => {
  await daemon.listen();
  startHost();
  await until("attached", () => pulses().length > 0);
  await freeze();
  await daemon.die();
  daemon = await new FakeDaemon(path).listen();
  await until("told again", () => pulses().length >= 3 && daemon.last.all("lifeline/context").length === 1);
  expect(daemon.last.all("lifeline/context")).toEqual([told]);
  expect(daemon.last.all("lifeline/settings")).toEqual([DEFAULT_SETTINGS]);
  const order = daemon.last.received.map(({ method }) => method);
  expect(order.indexOf("lifeline/pulse")).toBeGreaterThan(order.indexOf("initialized"));
});

test("while the main thread is frozen it starts the daemon by itself", async () => {
  await daemon.listen();
  startHost();
  await until("attached", () => pulses().length > 0);
  await freeze();
  await daemon.die();
  await until("started", () => callsOf() !== "");
  expect(callsOf()).toBe("serve --detach\n");
  daemon = await new FakeDaemon(path).listen();
  writeFileSync(join(folder, "ready"), "");
  await until("pulses again", () => pulses().length >= 2);
});

test("a worker that dies is started again, and gets the latest context and settings", async () => {
  const dying = join(folder, "dying.js");
  writeFileSync(
    dying,
    `const { parentPort } = require("node:worker_threads");
     parentPort.on("message", (m) => { parentPort.postMessage({ kind: "got", line: m.kind }); if (m.kind === "context") setTimeout(() => { throw new Error("boom"); }, 20); });`,
  );
  startHost(dying);
  await until("three lives", () => heard.filter(({ kind }) => kind === "ended").length >= 3);
  expect(heard.find(({ kind }) => kind === "ended")?.line).toContain("boom");
  expect(heard.filter(({ line }) => line === "context").length).toBeGreaterThanOrEqual(2);
  expect(heard.filter(({ line }) => line === "settings").length).toBeGreaterThanOrEqual(2);
});

test("when it is stopped it ends, and the process is free to end", async () => {
  await daemon.listen();
  startHost();
  await until("attached", () => pulses().length > 0);
  const ended = new Promise((resolve) => host.on("exit", resolve));
  host.stdin?.write("stop\n");
  expect(await ended).toBe(0);
  expect(heard.some(({ kind }) => kind === "disposed")).toBe(true);
});
