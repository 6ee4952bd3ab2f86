// A debugger as the inspector protocol sees one: attaches over its WebSocket, pauses the main thread, lets it go on.
import { randomBytes } from "node:crypto";
import { get } from "node:http";
import { createServer } from "node:net";

/** A port that was free a moment ago. @returns {Promise<number>} */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Attaches to an inspector and returns when JavaScript stands still.
 * @param {number} port @returns {Promise<{resume: () => Promise<void>}>} `resume`: lets it run and detaches
 */
export async function pauseWithDebugger(port) {
  const [target] = JSON.parse(await fetch(`http://127.0.0.1:${port}/json/list`).then((answer) => answer.text()));
  const socket = await upgrade(target.webSocketDebuggerUrl.replace("ws:", "http:"));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const messages = new Messages(socket);
  await messages.call("Debugger.enable");
  const paused = messages.once("Debugger.paused");
  await messages.call("Debugger.pause");
  await paused;
  return {
    async resume() {
      // A host that was killed meanwhile does not answer any more.
      await Promise.race([messages.call("Debugger.resume"), closed]);
      socket.destroy();
    },
  };
}

/** Node 20 has no WebSocket client; this one speaks to Node's own server and nobody else. @param {string} url @returns {Promise<import('node:stream').Duplex>} */
function upgrade(url) {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    };
    get(url, { headers }, (answer) => reject(new Error(`the inspector answered ${answer.statusCode}`)))
      .on("upgrade", (_answer, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      })
      .on("error", reject);
  });
}

class Messages {
  #id = 0;
  #buffer = Buffer.alloc(0);
  /** @type {Map<number | string, (message: any) => void>} */ #awaited = new Map();

  /** @param {import('node:stream').Duplex} socket */
  constructor(socket) {
    this.socket = socket;
    // Its end is told by "close".
    socket.on("error", () => {});
    socket.on("data", (data) => {
      this.#buffer = Buffer.concat([this.#buffer, data]);
      this.#take();
    });
  }

  /** @param {string} method */
  call(method) {
    const id = ++this.#id;
    const answer = this.once(id);
    this.socket.write(frame(JSON.stringify({ id, method })));
    return answer;
  }

  /** @param {number | string} what an answer's id or an event's name @returns {Promise<any>} */
  once(what) {
    return new Promise((resolve) => {
      this.#awaited.set(what, resolve);
    });
  }

  /** Whole frames out of the buffer. The server does not mask, and Node does not fragment. */
  #take() {
    for (;;) {
      if (this.#buffer.length < 2) return;
      let length = this.#buffer[1] & 0x7f;
      let start = 2;
      if (length === 126) {
        if (this.#buffer.length < 4) return;
        length = this.#buffer.readUInt16BE(2);
        start = 4;
      } else if (length === 127) {
        if (this.#buffer.length < 10) return;
        length = Number(this.#buffer.readBigUInt64BE(2));
        start = 10;
      }
      if (this.#buffer.length < start + length) return;
      const isText = (this.#buffer[0] & 0x0f) === 1;
      const text = this.#buffer.toString("utf8", start, start + length);
      this.#buffer = this.#buffer.subarray(start + length);
      if (!isText) continue;
      const message = JSON.parse(text);
      const key = message.id ?? message.method;
      this.#awaited.get(key)?.(message);
      this.#awaited.delete(key);
    }
  }
}

/** One masked text frame. @param {string} text shorter than 64 KiB */
function frame(text) {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  for (let i = 0; i < payload.length; i++) payload[i] ^= mask[i % 4];
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([header, mask, payload]);
}
