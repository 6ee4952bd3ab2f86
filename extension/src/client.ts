// The main thread's side of the connection: attaches as the window, tells the daemon what it must know, passes on what the daemon says.
import {
  type Beat,
  DAEMON_SILENT_AFTER_MS,
  type DrillKind,
  type EditorContext,
  type Hello,
  type Incident,
  method,
  type Notice,
  type OpenSessionAnswer,
  PROTOCOL_VERSION,
  type Settings,
  type StatusReport,
  type Welcome,
  type WindowHello,
  type WindowStatus,
} from "./generated/protocol";
import type { Clock } from "./pure/clock";
import type { Endpoint } from "./pure/endpoint";
import { isIncident, isNotice, isStatusReport, isWindowStatus } from "./pure/wire-checks";
import { HandOver } from "./wire/handshake";
import { Link, type LinkProblem } from "./wire/link";
import type { TraceLevel } from "./wire/peer";

/** Where things stand between this window and the daemon. */
export type ClientState =
  | { readonly kind: "connecting"; readonly problem: LinkProblem | undefined }
  | { readonly kind: "attached"; readonly welcome: Welcome };

/** What the rest of the extension learns from the daemon. */
export interface ClientEvents {
  stateChanged(state: ClientState): void;
  /** This window's status. */
  windowStatus(status: WindowStatus): void;
  /** Of the daemon and all windows. */
  statusReport(report: StatusReport): void;
  recovered(incident: Incident): void;
  notice(notice: Notice): void;
  /** Runs VS Code's own restart; true when the command exists. */
  restartHost(): Promise<boolean>;
  /** Brings a session back, or says that it could not. The parameters are not checked yet. */
  openSession(params: unknown): Promise<OpenSessionAnswer>;
  /** Types a line into exactly one terminal; true when it did. The parameters are not checked yet. */
  typeInTerminal(params: unknown): Promise<boolean>;
  /** A drill was confirmed on the command line. Called after the answer was given. */
  freezeSoon(kind: DrillKind): void;
  log(line: string): void;
  trace(line: string): void;
}

/** What a client needs. */
export interface ClientOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly endpoint: () => Endpoint;
  /** Asked for each time it attaches. */
  readonly window: () => WindowHello;
  readonly version: string;
  readonly start: (replace: boolean) => Promise<void>;
  readonly events: ClientEvents;
}

/** `deactivate` has about five seconds for all extensions; ours takes at most this long. */
const DEPART_MS = 500;

/** This window's connection. */
export class Client {
  private readonly link: Link;
  private context: EditorContext | undefined;
  private settings: Settings | undefined;
  private current: ClientState = { kind: "connecting", problem: undefined };

  constructor(private readonly options: ClientOptions) {
    const { events } = options;
    const hello = (): Hello => ({
      protocol: PROTOCOL_VERSION,
      role: "window",
      clientVersion: options.version,
      window: options.window(),
    });
    this.link = new Link({
      clock: options.clock,
      random: options.random,
      endpoint: options.endpoint,
      hello,
      start: options.start,
      // A daemon that went away by itself may be on its way back: another window asked it to make room.
      startAfter: { first: 0, later: 1 },
      silentAfterMs: DAEMON_SILENT_AFTER_MS,
      handOver: new HandOver(options.version),
      handlers: {
        requests: {
          [method.restartHost]: () => events.restartHost(),
          [method.freeze]: (params) => this.onFreeze(params),
          [method.openSession]: (params) => events.openSession(params),
          [method.typeInTerminal]: (params) => events.typeInTerminal(params),
        },
        notifications: {
          [method.didChange]: (status) => this.onWindowStatus(status),
          [method.didRecover]: (incident) => isIncident(incident) && events.recovered(incident),
          [method.notice]: (notice) => isNotice(notice) && events.notice(notice),
        },
      },
      events: {
        attached: (welcome) => this.onAttached(welcome),
        detached: (reason) => {
          events.log(`detached from the daemon: ${reason}`);
          this.change({ kind: "connecting", problem: undefined });
        },
        problem: (problem) => this.change({ kind: "connecting", problem }),
        pong: (status) => this.onWindowStatus(status),
        log: events.log,
        trace: events.trace,
      },
    });
  }

  get windowId(): string {
    return this.options.window().windowId;
  }

  get state(): ClientState {
    return this.current;
  }

  /** Attaches, and stays attached until `depart`. */
  run(): Promise<void> {
    return this.link.run();
  }

  beat(beat: Beat): void {
    void this.link.notify(method.beat, beat);
  }

  setContext(context: EditorContext): void {
    this.context = context;
    void this.link.notify(method.context, context);
  }

  setSettings(settings: Settings): void {
    this.settings = settings;
    void this.link.notify(method.settings, settings);
  }

  setTrace(level: TraceLevel): void {
    this.link.setTrace(level);
  }

  /** Asks the daemon; rejects when it refuses or is not there. */
  request<R>(name: string, params?: unknown): Promise<R> {
    return this.link.request<R>(name, params);
  }

  /** Resolves when all that was written before is on its way. */
  flushed(): Promise<void> {
    return this.link.flushed();
  }

  /** Something changed that may help a failed start. */
  retryNow(): void {
    this.link.retryNow();
  }

  /** Fetches the status now; the answer arrives as events too. Undefined when there is none. */
  async fetchStatus(): Promise<StatusReport | undefined> {
    const report = await this.request<unknown>(method.status);
    this.onStatusReport(report);
    return isStatusReport(report) ? report : undefined;
  }

  /** Says that this host goes away in good order, and ends the connection. Takes at most half a second. */
  async depart(): Promise<void> {
    const farewell = async (): Promise<void> => {
      if (!(await this.link.notify(method.departing))) return;
      await this.link.flushed();
      await this.link.request("shutdown").catch(() => undefined);
      await this.link.notify("exit");
    };
    const { clock } = this.options;
    await new Promise<void>((resolve) => {
      const timer = clock.after(DEPART_MS, resolve);
      void farewell().finally(() => {
        clock.cancel(timer);
        resolve();
      });
    });
    this.link.stop();
  }

  private onAttached(welcome: Welcome): void {
    this.options.events.log(`attached to daemon ${welcome.daemonVersion}, process ${welcome.daemonPid}`);
    if (this.settings) void this.link.notify(method.settings, this.settings);
    if (this.context) void this.link.notify(method.context, this.context);
    this.change({ kind: "attached", welcome });
    this.fetchStatus().catch(() => undefined);
  }

  private onFreeze(params: unknown): boolean {
    const kind = (params as { kind?: unknown } | undefined)?.kind;
    if (kind !== "deadlock" && kind !== "busyLoop") return false;
    this.options.events.freezeSoon(kind);
    return true;
  }

  private onWindowStatus(status: unknown): void {
    if (isWindowStatus(status) && status.windowId === this.windowId) this.options.events.windowStatus(status);
  }

  private onStatusReport(report: unknown): void {
    if (!isStatusReport(report)) return;
    this.options.events.statusReport(report);
    const own = report.windows.find((window) => window.windowId === this.windowId);
    if (own) this.options.events.windowStatus(own);
  }

  private change(state: ClientState): void {
    this.current = state;
    this.options.events.stateChanged(state);
  }
}
