// One JSON-RPC connection over a socket: vscode-jsonrpc with a bounded reader. Used by both threads; no `vscode` here.
import type { Socket } from "node:net";
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
  Trace,
} from "vscode-jsonrpc/node";
import { MAX_FRAME_BYTES } from "../generated/protocol";
import { encodeFrame, FrameDecoder } from "./frames";

/** How much of the traffic goes to the log. */
export type TraceLevel = "off" | "messages" | "verbose";

/** What the daemon may call. A request's handler returns its answer. */
export interface Handlers {
  readonly requests?: Readonly<Record<string, (params: unknown) => unknown>>;
  readonly notifications?: Readonly<Record<string, (params: unknown) => void>>;
}

/** Where a connection reports. */
export interface PeerEvents {
  /** Any bytes arrived: the daemon is alive. */
  heard(): void;
  /** Called once, when the connection is of no more use. */
  closed(reason: string): void;
  /** The traffic, when traced. */
  trace(line: string): void;
  /** Something odd that does not end the connection. */
  warn(line: string): void;
}

/** Reads frames of limited size; garbage is an error and closes the socket. */
class BoundedReader extends AbstractMessageReader implements MessageReader {
  private readonly decoder = new FrameDecoder(MAX_FRAME_BYTES);

  constructor(
    private readonly socket: Socket,
    private readonly heard: () => void,
  ) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    const onData = (chunk: Buffer): void => {
      this.heard();
      try {
        for (const message of this.decoder.push(chunk)) callback(message as Parameters<DataCallback>[0]);
      } catch (error) {
        this.socket.off("data", onData);
        this.fireError(error instanceof Error ? error : new Error(String(error)));
      }
    };
    this.socket.on("data", onData);
    this.socket.on("close", () => this.fireClose());
    return { dispose: () => this.socket.off("data", onData) };
  }
}

/** Writes a frame in one piece, and settles when it has left for the kernel. */
class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly socket: Socket) {
    super();
  }

  write(message: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(encodeFrame(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  end(): void {
    this.socket.end();
  }
}

/** An open connection. Every method is safe to call after it has closed. */
export class Peer {
  private readonly connection: MessageConnection;
  private open = true;

  constructor(
    private readonly socket: Socket,
    handlers: Handlers,
    private readonly events: PeerEvents,
  ) {
    // Without a listener an error event would end the process; the close event that follows says all we need.
    socket.on("error", (error) => this.close(error.message));
    const reader = new BoundedReader(socket, () => events.heard());
    const log = (line: string): void => events.warn(line);
    this.connection = createMessageConnection(reader, new FrameWriter(socket), {
      error: log,
      warn: log,
      info: log,
      log,
    });
    for (const [name, handler] of Object.entries(handlers.requests ?? {})) {
      this.connection.onRequest(name, (params: unknown) => handler(params));
    }
    for (const [name, handler] of Object.entries(handlers.notifications ?? {})) {
      this.connection.onNotification(name, (params: unknown) => handler(params));
    }
    // Notifications of other LSP servers' habits (window/logMessage, $/progress) are not ours to answer.
    this.connection.onUnhandledNotification(() => undefined);
    this.connection.onError(([error]) => this.close(error.message));
    this.connection.onClose(() => this.close("closed by the daemon"));
    this.connection.listen();
  }

  /** Sends a request. Rejects with what the daemon answered (`isAnswer`), or when the connection ends first. */
  request<R>(name: string, params?: unknown): Promise<R> {
    if (!this.open) return Promise.reject(new Error("not connected to the Lifeline daemon"));
    return params === undefined ? this.connection.sendRequest<R>(name) : this.connection.sendRequest<R>(name, params);
  }

  /** Sends a notification; false when it could not be written. */
  async notify(name: string, params?: unknown): Promise<boolean> {
    if (!this.open) return false;
    try {
      await (params === undefined
        ? this.connection.sendNotification(name)
        : this.connection.sendNotification(name, params));
      return true;
    } catch {
      return false;
    }
  }

  /** Resolves when all that was written before has left for the kernel. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.open || !this.socket.writable) resolve();
      else this.socket.write("", () => resolve());
    });
  }

  /** Ends the connection at once; pending requests are rejected. */
  close(reason: string): void {
    if (!this.open) return;
    this.open = false;
    this.connection.dispose();
    this.socket.destroy();
    this.events.closed(reason);
  }

  /** Turns tracing on or off. */
  async setTrace(level: TraceLevel): Promise<void> {
    if (!this.open) return;
    const value = level === "off" ? Trace.Off : level === "messages" ? Trace.Messages : Trace.Verbose;
    const tracer = {
      log: (message: unknown, data?: string) =>
        this.events.trace(data === undefined || data === "" ? String(message) : `${String(message)}\n${data}`),
    };
    await this.connection.trace(value, tracer, { sendNotification: false });
  }
}
