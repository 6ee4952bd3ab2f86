// Why the daemon could not be started: a closed set that crosses from the worker to the main thread as plain data.

/** What happened. Words are in `sentences.ts`. */
export type StartFailure =
  | { readonly kind: "missing"; readonly path: string; readonly bundled: boolean }
  | { readonly kind: "notExecutable"; readonly path: string; readonly bundled: boolean }
  | { readonly kind: "failed"; readonly path: string; readonly exit: string; readonly stderr: string }
  | { readonly kind: "slow"; readonly path: string; readonly afterMs: number };

/** Thrown by whoever starts the daemon. */
export class StartError extends Error {
  constructor(readonly failure: StartFailure) {
    super(describe(failure));
  }
}

/** One line for the log, in English. */
export function describe(failure: StartFailure): string {
  switch (failure.kind) {
    case "missing":
      return `${failure.path} does not exist`;
    case "notExecutable":
      return `${failure.path} cannot be executed`;
    case "failed":
      return `${failure.path} ended with ${failure.exit}${failure.stderr ? `: ${failure.stderr}` : ""}`;
    case "slow":
      return `${failure.path} did not get the daemon ready within ${failure.afterMs} ms`;
  }
}
