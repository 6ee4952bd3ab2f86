// Attached to the daemon, or on the way there: connect, start it, reattach with backoff, replace it when it is silent. Both threads
// of a host run one of these, neither needs the other.
import { type Hello, method, type Welcome } from "../generated/protocol";
import { backoffDelay, startDelay } from "../pure/backoff";
import type { Clock, Timer } from "../pure/clock";
import type { Endpoint } from "../pure/endpoint";
import { untilNextStep } from "../pure/in-step";
import { SilenceWatch } from "../pure/silence";
import { StartError, type StartFailure } from "../pure/start-failure";
import { dial } from "./dial";
import { greet, type HandOver } from "./handshake";
import type { Handlers, Peer, TraceLevel } from "./peer";

/** Why there is no daemon. Plain data: it crosses from the worker to the main thread. */
export type LinkProblem =
  | { readonly kind: "start"; readonly failure: StartFailure }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "refused"; readonly code: number; readonly message: string };

/** What a link reports. */
export interface LinkEvents {
  attached(welcome: Welcome): void;
  detached(reason: string): void;
  /** Said once for each new problem, not for each attempt. */
  problem(problem: LinkProblem): void;
  /** The answer to a question that was asked to see whether the daemon lives: the window's status, or null. */
  pong(status: unknown): void;
  log(line: string): void;
  trace(line: string): void;
}

/** What a link needs. */
export interface LinkOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly endpoint: () => Endpoint;
  readonly hello: () => Hello;
  /** Starts the daemon, or replaces it; rejects with a StartError. */
  readonly start: (replace: boolean) => Promise<void>;
  /** Failed attempts after which this link starts the daemon by itself: the first time, and after it was attached. */
  readonly startAfter: { readonly first: number; readonly later: number };
  readonly silentAfterMs: number;
  /** Whether this link asks an older daemon to leave; none when it does not. */
  readonly handOver: HandOver | undefined;
  readonly handlers: Handlers;
  readonly events: LinkEvents;
}

/** A question after this long without a sign of life. */
const ASK_AFTER_MS = 5000;
const TICK_MS = 1000;
/** A connection that lasted this long was a good one: the next attempt comes at once. */
const STABLE_MS = 5000;
/** Failed attempts that stand for "wait the longest time". */
const MANY_FAILURES = 7;

type End =
  | { readonly kind: "absent" | "unreachable" | "refused" | "handedOver" | "outdated" }
  | { readonly kind: "closed" | "silent"; readonly livedMs: number };

/** One thread's connection to the daemon. */
export class Link {
  private stopped = false;
  private peer: Peer | undefined;
  private attached = false;
  private interrupt: (() => void) | undefined;
  private traceLevel: TraceLevel = "off";
  private lastProblem = "";
  private everAttached = false;
  private startFailures = 0;
  private startNotBefore = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: LinkOptions) {}

  /** Runs until `stop`. Never rejects. */
  async run(): Promise<void> {
    const { clock, startAfter } = this.options;
    let failures = 0;
    while (!this.stopped) {
      const end = await this.connection();
      if (this.stopped) return;
      const good = "livedMs" in end && end.livedMs >= STABLE_MS;
      if (good) {
        failures = 0;
        this.startFailures = 0;
        this.startNotBefore = Number.NEGATIVE_INFINITY;
      }
      const patience = this.everAttached ? startAfter.later : startAfter.first;
      const toReplace = end.kind === "silent" || end.kind === "outdated";
      const toStart = toReplace || end.kind === "handedOver" || (end.kind === "absent" && failures >= patience);
      if (toStart && clock.now() >= this.startNotBefore) {
        if (await this.startDaemon(toReplace)) continue;
      } else if (good) {
        continue;
      }
      failures = end.kind === "refused" ? MANY_FAILURES : failures + 1;
      await this.sleep(backoffDelay(failures, this.options.random()));
    }
  }

  /** Ends the connection and the attempts. */
  stop(): void {
    this.stopped = true;
    this.peer?.close("stopped");
    this.interrupt?.();
  }

  /** Something changed that may help: try again now. */
  retryNow(): void {
    this.startFailures = 0;
    this.startNotBefore = Number.NEGATIVE_INFINITY;
    this.lastProblem = "";
    this.interrupt?.();
  }

  get isAttached(): boolean {
    return this.attached;
  }

  /** Asks the daemon. Rejects when it refuses, or is not there. */
  request<R>(name: string, params?: unknown): Promise<R> {
    if (!this.peer || !this.attached) return Promise.reject(new Error("not connected to the Lifeline daemon"));
    return this.peer.request<R>(name, params);
  }

  /** Tells the daemon; false when it is not there. */
  async notify(name: string, params?: unknown): Promise<boolean> {
    return this.peer !== undefined && this.attached && (await this.peer.notify(name, params));
  }

  /** Resolves when all that was written before is on its way. */
  async flushed(): Promise<void> {
    await this.peer?.flushed();
  }

  setTrace(level: TraceLevel): void {
    this.traceLevel = level;
    void this.peer?.setTrace(level);
  }

  /** One connection from the first attempt to its end. */
  private async connection(): Promise<End> {
    const { clock, events, endpoint, silentAfterMs } = this.options;
    const began = clock.now();
    const watch = new SilenceWatch({ silentAfterMs, askAfterMs: ASK_AFTER_MS, tickMs: TICK_MS }, began);
    // From the first byte on it owes us an answer: a stopped daemon's kernel still accepts connections.
    watch.asked(began);
    const abort = new AbortController();
    let silent = false;
    let ticking: Timer;
    const tick = (): void => {
      // Its questions then come with the beats.
      ticking = clock.after(untilNextStep(clock.wallNow(), TICK_MS), tick);
      const step = watch.tick(clock.now());
      if (step === "ask") this.ask();
      if (step !== "silent" || silent) return;
      silent = true;
      abort.abort();
      this.peer?.close("the daemon is silent");
    };
    ticking = clock.after(TICK_MS, tick);
    try {
      const dialled = await dial(endpoint(), abort.signal);
      if (dialled.kind === "absent") return { kind: "absent" };
      if (dialled.kind === "unreachable") {
        if (silent) return { kind: "silent", livedMs: 0 };
        this.report({ kind: "unreachable", reason: dialled.reason });
        return { kind: "unreachable" };
      }
      // Loaded with the first connection: half of what this extension loads is the JSON-RPC library, and activation must not wait.
      const { Peer } = await import("./peer");
      if (this.stopped || dialled.socket.destroyed) {
        dialled.socket.destroy();
        return { kind: "closed", livedMs: 0 };
      }
      const reason = new Promise<string>((resolve) => {
        this.peer = new Peer(dialled.socket, this.options.handlers, {
          heard: () => watch.heard(clock.now()),
          closed: resolve,
          trace: (line) => events.trace(line),
          warn: (line) => events.log(line),
        });
      });
      return await this.talk(reason, () => silent);
    } finally {
      clock.cancel(ticking);
      this.peer?.close("finished");
      this.peer = undefined;
    }
  }

  private async talk(ended: Promise<string>, wasSilent: () => boolean): Promise<End> {
    const { clock, events } = this.options;
    const peer = this.peer as Peer;
    if (this.traceLevel !== "off") await peer.setTrace(this.traceLevel);
    const greeting = await greet(
      peer,
      this.options.hello(),
      this.options.handOver,
      clock,
      this.options.silentAfterMs,
      ended,
    );
    if (greeting.kind === "refused") {
      this.report(greeting);
      return { kind: "refused" };
    }
    if (greeting.kind === "outdated") {
      events.log("the daemon speaks an older protocol");
      return { kind: "outdated" };
    }
    if (greeting.kind === "handedOver") {
      events.log(`the daemon ${greeting.version} made room for this version`);
      return { kind: "handedOver" };
    }
    if (greeting.kind === "ended") return { kind: wasSilent() || greeting.silent ? "silent" : "closed", livedMs: 0 };
    const began = clock.now();
    this.attached = true;
    this.everAttached = true;
    this.lastProblem = "";
    events.attached(greeting.welcome);
    const reason = await ended;
    this.attached = false;
    events.detached(reason);
    return { kind: wasSilent() ? "silent" : "closed", livedMs: clock.now() - began };
  }

  private ask(): void {
    if (!this.peer || !this.attached) return;
    this.peer.request<unknown>(method.ping).then(
      (status) => this.options.events.pong(status),
      () => undefined,
    );
  }

  private async startDaemon(replace: boolean): Promise<boolean> {
    const { clock, events, start } = this.options;
    // Even a start that succeeds counts until a connection has lasted: a program that only says so must not be run in a loop.
    this.startFailures += 1;
    events.log(replace ? "replacing the daemon" : "starting the daemon");
    try {
      await start(replace);
      return true;
    } catch (error) {
      const failure: StartFailure =
        error instanceof StartError
          ? error.failure
          : { kind: "failed", path: "", exit: "no start", stderr: String(error) };
      this.report({ kind: "start", failure });
      return false;
    } finally {
      this.startNotBefore = clock.now() + startDelay(this.startFailures);
    }
  }

  private report(problem: LinkProblem): void {
    const text = JSON.stringify(problem);
    if (text === this.lastProblem || this.stopped) return;
    this.lastProblem = text;
    this.options.events.problem(problem);
  }

  private sleep(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.options.clock.after(ms, () => this.interrupt?.());
      this.interrupt = () => {
        this.interrupt = undefined;
        this.options.clock.cancel(timer);
        resolve();
      };
    });
  }
}
