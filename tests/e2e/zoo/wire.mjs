// A small client of the daemon: JSON-RPC in LSP framing, as much of it as a stand-in for a window or for the command line needs.
import { connect } from "node:net";

const PROTOCOL_VERSION = 1;
const METHOD_NOT_FOUND = -32601;

/** @typedef {{windowId: string, label: string, workspaceKey: string, hostPid: number}} Window */

/** A connection that the daemon has accepted. */
export class Wire {
  #numbers = 0;
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();
  #bytes = Buffer.alloc(0);

  /**
   * @param {string} path of the daemon's socket
   * @param {{window?: Window}} [options] `window`: this process is its extension host; else we are the command line
   */
  static async open(path, { window } = {}) {
    const socket = connect(path);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const wire = new Wire(socket);
    const unknown = { vscodeVersion: "1.100.3", appName: "zoo", canRestartGracefully: false, mayBeDebugged: false };
    const initializationOptions = {
      protocol: PROTOCOL_VERSION,
      role: window ? "window" : "cli",
      clientVersion: "0.1.0",
      window: window ? { ...window, ...unknown } : null,
    };
    await wire.request("initialize", { processId: process.pid, capabilities: {}, initializationOptions });
    wire.notify("initialized", {});
    return wire;
  }

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.socket = socket;
    const gone = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the daemon has closed the connection"));
      this.#waiting.clear();
    };
    socket.on("error", () => {}).on("close", gone);
    socket.on("data", (bytes) => this.#take(bytes));
  }

  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  request(method, params) {
    const id = ++this.#numbers;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ id, method, params });
    });
  }

  /** @param {string} method @param {object} [params] */
  notify(method, params) {
    this.#send({ method, params });
  }

  close() {
    this.socket.destroy();
  }

  /** @param {object} message */
  #send(message) {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/i.exec(this.#bytes.toString("latin1", 0, Math.max(end, 0)))?.[1]);
      if (end < 0 || this.#bytes.length < end + 4 + length) return;
      const body = this.#bytes.toString("utf8", end + 4, end + 4 + length);
      this.#bytes = this.#bytes.subarray(end + 4 + length);
      this.#heard(JSON.parse(body));
    }
  }

  /** @param {any} message */
  #heard({ id, method, result, error }) {
    if (method !== undefined) {
      // What the daemon asks of a window, this one cannot do.
      if (id !== undefined) this.#send({ id, error: { code: METHOD_NOT_FOUND, message: "not in the zoo" } });
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }
}
