// The Claude Code extension and CLI as seen by a test.
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { readJson, whenExists, whenFolder } from "./events.mjs";

/** @typedef {{port: number, file: string, pid: number, workspaceFolders: string[], ideName: string, transport: string, authToken: string}} IdeLock */

/**
 * Waits for the lock file that the extension writes once its WebSocket server listens.
 * @param {string} home @param {{notPorts?: number[], atMostMs?: number}} [options] `notPorts`: older locks, which stay behind after a kill
 * @returns {Promise<IdeLock>}
 */
export async function whenIdeLock(home, { notPorts = [], atMostMs = 30_000 } = {}) {
  const folder = path.join(home, ".claude", "ide");
  await whenExists(folder, { atMostMs });
  const look = async () => (await ideLocks(home)).find((lock) => !notPorts.includes(lock.port));
  return whenFolder(folder, look, { what: "a Claude Code IDE lock file", atMostMs });
}

/** @param {string} home @returns {Promise<IdeLock[]>} */
export async function ideLocks(home) {
  const folder = path.join(home, ".claude", "ide");
  const names = await readdir(folder).catch(() => []);
  const locks = [];
  for (const name of names) {
    const port = Number(/^(\d+)\.lock$/.exec(name)?.[1]);
    const content = port && (await readJson(path.join(folder, name)));
    if (content) locks.push({ port, file: path.join(folder, name), ...content });
  }
  return locks;
}

/**
 * A WebSocket handshake with an IDE, as the CLI makes it. Without a token the extension refuses it (close code 1008) and its client hears
 * nothing; **with the token the newcomer takes the client's place**.
 * @param {number} port @param {{token?: string}} [options]
 * @returns {Promise<{closeCode: Promise<number | null>, leave: () => void}>} `closeCode`: as the server ends it
 */
export async function ideHandshake(port, { token } = {}) {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    "sec-websocket-protocol": "mcp",
    ...(token ? { "x-claude-code-ide-authorization": token } : {}),
  };
  const asked = request({ host: "127.0.0.1", port, headers });
  asked.end();
  return new Promise((resolve, reject) => {
    asked.once("error", reject);
    asked.once("response", (response) => reject(new Error(`the IDE answered HTTP ${response.statusCode}`)));
    asked.once("upgrade", (_response, socket, head) => {
      let bytes = head;
      socket.on("error", () => {});
      const closeCode = new Promise((told) => {
        const look = () => {
          // A close frame: 0x88, its length, and the code in two bytes (RFC 6455, 5.5.1).
          if (bytes.length >= 4 && bytes[0] === 0x88) told(bytes.readUInt16BE(2));
        };
        look();
        socket.on("data", (/** @type {Buffer} */ more) => {
          bytes = Buffer.concat([bytes, more]);
          look();
        });
        socket.once("close", () => told(null));
      });
      resolve({ closeCode, leave: () => socket.destroy() });
    });
  });
}
