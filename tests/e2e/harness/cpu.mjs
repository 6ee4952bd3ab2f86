// What a program costs: CPU time of one that runs, and time and memory of one that is run to its end.
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";

/** CPU time in ns of all threads that live now. @param {number} pid */
export async function cpuNs(pid) {
  const threads = await readdir(`/proc/${pid}/task`);
  const times = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").catch(() => "0")),
  );
  return times.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0);
}

/** @typedef {{wallMs: number, cpuMs: number, peakBytes: number, stdout: string}} Cost `peakBytes`: of the largest process of the program */

/** Bash's `time` counts milliseconds where GNU time has hundredths of a second, but does not know the memory. Both together cost 3 ms. */
const TIMED = `
TIMEFORMAT="%3R %3U %3S"
exec 3>&2
{ time command time -f %M -o "$0" "$@" 2>&3; } 2>>"$0"
`;

/**
 * Runs a program to its end. Started from Node itself it would be said to have had as much memory as Node.
 * @param {string} command @param {string[]} args
 * @param {{file: string, env?: NodeJS.ProcessEnv}} options `file`: where the figures are put meanwhile
 * @returns {Promise<Cost>}
 */
export async function measure(command, args, { file, env = process.env }) {
  const child = spawn("bash", ["-c", TIMED, file, command, ...args], {
    // A point in numbers, wherever we are.
    env: { ...env, LC_ALL: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => resolve(signal ?? exitCode));
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr.slice(-2000)}`);
  const [kilobytes, seconds, user, system] = (await readFile(file, "utf8")).trim().split(/\s+/).map(Number);
  return { wallMs: seconds * 1000, cpuMs: (user + system) * 1000, peakBytes: kilobytes * 1024, stdout };
}
