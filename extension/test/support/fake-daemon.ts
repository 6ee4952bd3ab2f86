// A daemon that the test plays, on a real Unix socket. It speaks through vscode-jsonrpc's own reader and writer, not ours.
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import type { Hello, StatusReport } from "../../src/generated/protocol";

export interface Received {
  readonly method: string;
  readonly params: unknown;
}

/** How it behaves. */
export interface Manners {
  version?: string;
  protocol?: number;
  /** Accepts connections and says nothing. */
  mute?: boolean;
  /** Bytes to send to whoever connects, instead of speaking. */
  raw?: Buffer;
  /** Refuses `initialize` with this code. */
  refuse?: number;
  /** Leaves when asked to hand over. */
  leaves?: boolean;
  status?: StatusReport;
}

export class Client {
  readonly received: Received[] = [];
  hello: Hello | undefined;
  constructor(
    readonly socket: Socket,
    readonly connection: MessageConnection | undefined,
  ) {}

  all(method: string): unknown[] {
    return this.received.filter((one) => one.method === method).map((one) => one.params);
  }
}

export class FakeDaemon {
  readonly clients: Client[] = [];
  private server: Server | undefined;
  /** Turned on, it stops answering: as a stopped process does. */
  frozen = false;

  constructor(
    readonly path: string,
    readonly manners: Manners = {},
  ) {}

  async listen(): Promise<this> {
    rmSync(this.path, { force: true });
    const server = createServer((socket) => this.accept(socket));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject);
      server.listen(this.path, resolve);
    });
    return this;
  }

  /** As SIGKILL would: the connections break and nobody listens any more. The socket's file stays. */
  async die(): Promise<void> {
    for (const { socket } of this.clients) socket.destroy();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
    this.server = undefined;
  }

  get last(): Client {
    const client = this.clients.at(-1);
    if (!client) throw new Error("nobody is connected");
    return client;
  }

  get attached(): Client[] {
    return this.clients.filter((client) => client.all("initialized").length > 0);
  }

  private accept(socket: Socket): void {
    socket.on("error", () => undefined);
    const { manners } = this;
    if (manners.mute || manners.raw) {
      this.clients.push(new Client(socket, undefined));
      socket.resume();
      if (manners.raw) socket.write(manners.raw);
      return;
    }
    const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
    const client = new Client(socket, connection);
    this.clients.push(client);
    connection.onError(() => undefined);
    connection.onNotification((method, params) => {
      client.received.push({ method, params });
    });
    connection.onRequest((method, params) => {
      client.received.push({ method, params });
      if (this.frozen) return new Promise(() => undefined);
      return this.answer(client, method, params);
    });
    connection.listen();
  }

  private answer(client: Client, method: string, params: unknown): unknown {
    const { manners } = this;
    switch (method) {
      case "initialize":
        client.hello = (params as { initializationOptions: Hello }).initializationOptions;
        if (manners.refuse !== undefined) {
          const data = { protocol: manners.protocol, daemonVersion: manners.version };
          return new ResponseError(manners.refuse, "update the Lifeline extension", data);
        }
        return {
          capabilities: {
            experimental: {
              lifeline: {
                protocol: manners.protocol ?? 1,
                daemonVersion: manners.version ?? "0.1.0",
                daemonPid: process.pid,
              },
            },
          },
        };
      case "lifeline/handOver":
        if (manners.leaves) setTimeout(() => void this.die(), 5);
        return { leaving: manners.leaves === true, version: manners.version ?? "0.1.0" };
      case "lifeline/status":
        return (
          manners.status ?? {
            daemonVersion: "0.1.0",
            daemonPid: process.pid,
            uptimeMs: 1,
            rssBytes: 1,
            cannotSave: null,
            windows: [],
          }
        );
      default:
        return null;
    }
  }
}
