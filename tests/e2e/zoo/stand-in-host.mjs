// A stand-in for an extension host, told from other programs as the real one is (`--type=extensionHost`): it starts what it is told to, talks to its
// children over their standard input, and, when it is told to, attaches to the daemon as the host of a window, and beats.
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Wire } from "./wire.mjs";

const BEAT_MS = 1_000;

/** Everything put here stays reachable: what is collected would be closed. @type {unknown[]} */
const held = [];

/** @type {Record<string, (order: any) => Promise<unknown>>} */
const orders = {
  /** @param {{command: string, args: string[], argv0?: string, env?: Record<string, string>, cwd: string, say?: string, log: string}} order */
  async start({ command, args, argv0, env, cwd, say = "", log }) {
    const output = openSync(log, "a");
    const stdio = /** @type {import('node:child_process').StdioOptions} */ (["pipe", output, output]);
    const child = spawn(command, args, { cwd, argv0, env: { ...process.env, ...env }, stdio });
    closeSync(output);
    child.on("error", () => {});
    child.stdin?.on("error", () => {});
    child.stdin?.write(say);
    held.push(child);
    return child.pid;
  },

  /** @param {{socket: string, label: string, settings: object}} order */
  async attach({ socket, label, settings }) {
    const window = { windowId: label, label, workspaceKey: label, hostPid: process.pid };
    const wire = await Wire.open(socket, { window });
    wire.notify("lifeline/settings", settings);
    let seq = 0;
    const beat = () => {
      const { heapUsed, rss } = process.memoryUsage();
      const delays = { delayP50Ms: 1, delayP99Ms: 1, delayMaxMs: 1, utilisation: 0 };
      const memory = { heapUsedBytes: heapUsed, heapLimitBytes: 4_496_293_888, rssBytes: rss, heapFloorBytes: null };
      wire.notify("lifeline/beat", { seq: ++seq, ...delays, ...memory, gcMs: 0, inputIdleMs: null });
    };
    beat();
    held.push(setInterval(beat, BEAT_MS));
    // Answered only when the settings have been taken in.
    await wire.request("lifeline/ping");
  },
};

process.on("message", async (/** @type {any} */ { number, what, order }) => {
  try {
    process.send?.({ number, done: await orders[what](order) });
  } catch (error) {
    process.send?.({ number, failed: String(error) });
  }
});
// The zoo is gone.
process.on("disconnect", () => process.exit());
