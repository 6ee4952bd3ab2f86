// Runs `lifeline serve --detach`: the program returns 0 when the daemon accepts connections, else a sentence on stderr.
import { spawn } from "node:child_process";
import { accessSync, chmodSync, constants, statSync } from "node:fs";
import { parse } from "node:path";
import type { Binary } from "../pure/binary";
import { StartError } from "../pure/start-failure";

/** The daemon is up within tens of milliseconds; replacing a stopped one takes a few seconds at most. */
const PATIENCE_MS = 20_000;
const MAX_STDERR = 2000;
/** Between the end of the program and our reading of what it said last. */
const LAST_WORDS_MS = 200;

/** Starts the daemon, or with `replace` ends a silent one first. Rejects with a StartError. */
export async function startDaemon(
  binary: Binary,
  env: Record<string, string>,
  replace: boolean,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  checkExecutable(binary);
  const { path } = binary;
  await new Promise<void>((resolve, reject) => {
    const child = spawn(path, replace ? ["serve", "--detach", "--replace"] : ["serve", "--detach"], {
      env,
      // The root, so that the daemon never holds a workspace folder or an unmounted disk.
      cwd: parse(path).root || "/",
      stdio: ["ignore", "ignore", "pipe"],
      windowsHide: true,
    });
    let stderr = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      stderr = (stderr + text).slice(0, MAX_STDERR);
    });
    const patience = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new StartError({ kind: "slow", path, afterMs: patienceMs }));
    }, patienceMs);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(patience);
      const kind = error.code === "ENOENT" ? "missing" : error.code === "EACCES" ? "notExecutable" : undefined;
      reject(
        new StartError(
          kind
            ? { kind, path, bundled: binary.bundled }
            : { kind: "failed", path, exit: "no start", stderr: error.message },
        ),
      );
    });
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(patience);
      child.stderr.destroy();
      const exit = code === null ? `signal ${signal}` : `code ${code}`;
      if (code === 0) resolve();
      else reject(new StartError({ kind: "failed", path, exit, stderr: stderr.trim() }));
    };
    // `close` comes when its last words were read; a detached daemon that kept our pipe would hold it back for ever.
    child.on("close", finish);
    child.on("exit", (code, signal) => setTimeout(() => finish(code, signal), LAST_WORDS_MS).unref());
  });
}

/** Throws a StartError when the program is not there or cannot be executed; our own is made executable. */
export function checkExecutable(binary: Binary): void {
  const { path, bundled } = binary;
  try {
    if (!statSync(path).isFile()) throw new StartError({ kind: "notExecutable", path, bundled });
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError({ kind: "missing", path, bundled });
  }
  try {
    accessSync(path, constants.X_OK);
  } catch {
    // Some tools that unpack a VSIX lose the permission bits of our own program.
    if (!bundled || !makeExecutable(path)) throw new StartError({ kind: "notExecutable", path, bundled });
  }
}

function makeExecutable(path: string): boolean {
  try {
    chmodSync(path, 0o755);
    return true;
  } catch {
    return false;
  }
}
