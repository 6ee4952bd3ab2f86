// The Claude Code extension and CLI as seen by a test.
import { readdir } from "node:fs/promises";
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
