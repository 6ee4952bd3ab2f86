// Runs a command of our own program as a child process: what takes long or reads much is done neither in the daemon nor in this host.
import { spawn } from "node:child_process";
import { parse } from "node:path";
import type { Binary } from "../pure/binary";
import { type Listener, ProgramError, Words } from "../pure/program";
import { StartError } from "../pure/start-failure";
import { checkExecutable } from "./starter";

/** What is run, and who listens. */
export interface ProgramRun {
  readonly binary: Binary;
  readonly env: Record<string, string>;
  /** The command, and what belongs to it. Never a user's text: every user of the machine can read a command line. */
  readonly args: readonly [string, ...string[]];
  /** What it reads; nothing without. */
  readonly stdin?: string;
  /** Ends the child. */
  readonly signal: AbortSignal;
  /** Exit codes with which it has done what it was asked for; 0 alone without. */
  readonly accepts?: readonly number[];
  readonly stderr?: Listener;
  /** One that prints more is ended. */
  readonly bytesAtMost: number;
}

/** What a program brought. */
export interface Printed {
  readonly code: number;
  readonly text: string;
}

/**
 * Returns what the program printed; undefined when `signal` ended it. Rejects with a StartError when it could not be started, with a
 * ProgramError when it ended in another way than it is to.
 */
export async function runProgram(run: ProgramRun): Promise<Printed | undefined> {
  const { binary, env, args, stdin, signal, accepts = [0], stderr = new Words(), bytesAtMost } = run;
  checkExecutable(binary);
  if (signal.aborted) return undefined;
  const { path } = binary;
  return new Promise<Printed | undefined>((resolve, reject) => {
    const cwd = parse(path).root || "/";
    const child = spawn(path, args, { env, cwd, stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    const printed: Buffer[] = [];
    let bytes = 0;
    const end = (): void => void child.kill("SIGKILL");
    signal.addEventListener("abort", end);
    // One that does not read to the end closes the pipe; how it ends says the rest.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesAtMost) end();
      else printed.push(chunk);
    });
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (piece: string) => stderr.push(piece));
    child.on("error", (error) => {
      signal.removeEventListener("abort", end);
      reject(new StartError({ kind: "failed", path, exit: "no start", stderr: error.message }));
    });
    // All that it said has been read then.
    child.on("close", (code, by) => {
      signal.removeEventListener("abort", end);
      if (signal.aborted) resolve(undefined);
      else if (bytes > bytesAtMost) reject(new ProgramError(args[0], `more than ${bytesAtMost} bytes`, ""));
      else if (code !== null && accepts.includes(code))
        resolve({ code, text: Buffer.concat(printed).toString("utf8") });
      else reject(new ProgramError(args[0], code === null ? `signal ${by}` : `code ${code}`, stderr.words()));
    });
  });
}
