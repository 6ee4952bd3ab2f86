// Waiting for processes to be there: the kernel tells nobody, so it is looked again and again.
import { processes } from "../harness/host.mjs";
import { elapse } from "../harness/lifeline.mjs";

/** For what a machine that starts fifteen CLIs at once takes its time. */
export const STARTED_WITHIN_MS = 120_000;

/**
 * Waits until a process has started so many with this among their arguments, itself or through others. @param {number} pid @param {string} argument
 * @param {number} count @returns {Promise<number[]>}
 */
export async function children(pid, argument, count) {
  /** @type {number[]} */
  let found = [];
  const look = async () => {
    const all = await processes();
    const below = new Set([pid]);
    // A set that grows is walked to its end.
    for (const parent of below) for (const one of all) if (one.ppid === parent) below.add(one.pid);
    below.delete(pid);
    found = all.filter((one) => below.has(one.pid) && one.command.join(" ").includes(argument)).map((one) => one.pid);
    return found.length >= count;
  };
  await until(look, { what: `process ${pid} has started ${count} × ${argument}` });
  return found;
}

/** Waits for a process by one of its arguments. @param {string} argument @returns {Promise<number>} */
export async function find(argument) {
  /** @type {number | undefined} */
  let found;
  const look = async () => {
    found = (await processes()).find(({ command }) => command.includes(argument))?.pid;
    return found !== undefined;
  };
  await until(look, { what: `a process with ${argument}` });
  return Number(found);
}

/** @param {() => Promise<boolean>} look @param {{what: string}} options */
export async function until(look, { what }) {
  const end = performance.now() + STARTED_WITHIN_MS;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${STARTED_WITHIN_MS / 1000} s`);
    await elapse(200);
  }
}
