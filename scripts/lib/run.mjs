// Runs one command to its end and, when it fails, says what it said.
import { spawn } from "node:child_process";

/** How much of a failed command's output is worth repeating. */
const TAIL_LINES = 25;

/**
 * @param {string} command @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, what?: string}} [options] `what`: the step in words, for the error
 * @returns {Promise<string>} what it wrote to stdout
 */
export function run(command, args, { cwd, env, what = `${command} ${args.join(" ")}` } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let all = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
      all += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      all += text;
    });
    child.on("error", (error) => {
      reject(
        new Error(`${what}: ${command} could not be started (${/** @type {NodeJS.ErrnoException} */ (error).code}).`, {
          cause: error,
        }),
      );
    });
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(out);
      const tail = all
        .trimEnd()
        .split("\n")
        .slice(-TAIL_LINES)
        .map((line) => `    ${line}`)
        .join("\n");
      reject(new Error(`${what} failed (${signal ?? `exit code ${code}`}):\n${tail}`));
    });
  });
}
