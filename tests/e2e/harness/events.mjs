// Waiting for something to happen to files and processes, woken by events.
import { watch } from "node:fs";
import * as fs from "node:fs/promises";

/**
 * Calls `look` now and after every change in `folder`, until it returns something.
 * @template T
 * @param {string} folder must exist @param {() => Promise<T | null | undefined | false> | T | null | undefined | false} look
 * @param {{what: string, atMostMs?: number}} options `what` is waited for, in words
 * @returns {Promise<T>}
 */
export async function whenFolder(folder, look, { what, atMostMs = 20_000 }) {
  // Watch first, look second: nothing can happen in between unseen.
  const watcher = watch(folder);
  let looking = false;
  let again = false;
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what}: not within ${atMostMs / 1000} s`)), atMostMs);
      const attempt = async () => {
        if (looking) {
          again = true;
          return;
        }
        looking = true;
        try {
          do {
            again = false;
            const found = await look();
            if (found) {
              clearTimeout(timer);
              resolve(found);
            }
          } while (again);
        } catch (error) {
          clearTimeout(timer);
          reject(error);
        } finally {
          looking = false;
        }
      };
      watcher.on("change", attempt).on("error", reject);
      void attempt();
    });
  } finally {
    watcher.close();
  }
}

/**
 * Waits until a folder exists, by watching its parents come into being.
 * @param {string} folder @param {{atMostMs?: number}} [options]
 */
export async function whenExists(folder, { atMostMs = 20_000 } = {}) {
  const until = performance.now() + atMostMs;
  for (;;) {
    if (await exists(folder)) return;
    let parent = folder;
    let child = folder;
    while (!(await exists(parent))) {
      child = parent;
      parent = parent.slice(0, parent.lastIndexOf("/")) || "/";
    }
    await whenFolder(parent, () => exists(child), {
      what: `${folder} appears`,
      atMostMs: Math.max(1, until - performance.now()),
    });
  }
}

/** @param {string} file @returns {Promise<any>} its content, or null when it is not there or not yet complete */
export async function readJson(file) {
  try {
    return JSON.parse(await fs.readFile(file, "utf8"));
  } catch {
    return null;
  }
}

/** @param {string} file */
async function exists(file) {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
