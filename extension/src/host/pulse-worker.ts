// The worker thread: looks twice a second whether the main thread turns, says so over its own connection, and needs nothing from the main thread once it runs.
import { parentPort, workerData } from "node:worker_threads";
import {
  DAEMON_SILENT_AFTER_MS,
  type EditorContext,
  method,
  PROTOCOL_VERSION,
  PULSE_PERIOD_MS,
  type Pulse,
  type Settings,
} from "../generated/protocol";
import { systemClock } from "../pure/clock";
import { everyStep } from "../pure/in-step";
import { Pulses } from "../pure/pulses";
import { Link } from "../wire/link";
import { startDaemon } from "../wire/starter";
import type { FromPulse, PulseStart, ToPulse } from "./pulse-messages";

/** While the main thread turns it starts and replaces the daemon; the worker steps in a little later. */
const START_AFTER_ATTEMPTS = 3;
const SILENT_AFTER_MS = DAEMON_SILENT_AFTER_MS + 2500;
/** Log lines a minute: while the main thread is stuck they pile up in its inbox. */
const MAX_LINES_A_MINUTE = 30;

const start = workerData as PulseStart;
let binary = start.binary;
let context: EditorContext | undefined;
let settings: Settings | undefined;
const pulses = new Pulses(PULSE_PERIOD_MS, start.firstSeq);
let lines = 0;

function post(message: FromPulse): void {
  if (lines++ < MAX_LINES_A_MINUTE) parentPort?.postMessage(message);
}

const log = (line: string): void => post({ kind: "log", line });

const link = new Link({
  clock: systemClock,
  random: Math.random,
  endpoint: () => start.endpoint,
  hello: () => ({
    protocol: PROTOCOL_VERSION,
    role: "pulse",
    clientVersion: start.clientVersion,
    window: start.window,
  }),
  start: (replace) => startDaemon(binary, start.env, replace),
  startAfter: { first: START_AFTER_ATTEMPTS, later: START_AFTER_ATTEMPTS },
  silentAfterMs: SILENT_AFTER_MS,
  handOver: undefined,
  handlers: {},
  events: {
    attached: () => {
      // A daemon that was restarted while the main thread is stuck learns from here what a kill would lose.
      if (settings) void link.notify(method.settings, settings);
      if (context) void link.notify(method.context, context);
      send(pulses.take(systemClock.now(), counter()));
    },
    detached: (reason) => log(`detached: ${reason}`),
    problem: (problem) => post({ kind: "problem", problem }),
    pong: () => undefined,
    log,
    trace: () => undefined,
  },
});

/** The counter as it is now. */
const counter = (): number => Atomics.load(start.counter, 0);

function send(pulse: Pulse | undefined): void {
  if (pulse) void link.notify(method.pulse, pulse);
}

parentPort?.on("message", (message: ToPulse) => {
  switch (message.kind) {
    case "context":
      context = message.context;
      return;
    case "settings":
      settings = message.settings;
      return;
    case "binary":
      binary = message.binary;
      link.retryNow();
      return;
  }
});

everyStep(PULSE_PERIOD_MS, (step) => send(pulses.look(step, systemClock.now(), counter())));
setInterval(() => {
  lines = 0;
}, 60_000);
void link.run();
