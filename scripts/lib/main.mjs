// Runs a script's body, and turns a failure into a message and an exit code instead of a stack trace.
import { SetUpError } from "./cache.mjs";

/** @param {() => Promise<void>} body */
export function main(body) {
  body().catch((error) => {
    process.stderr.write(`\n${error instanceof SetUpError ? error.message : (error?.stack ?? error)}\n`);
    process.exitCode = 1;
  });
}
