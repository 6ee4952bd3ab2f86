// The drill: freezes this extension host for real. It ends when the process does.
import type { DrillKind } from "../generated/protocol";

/** Time for the log line and the answer to leave this process; both travel through the loop that is about to stop. */
const LAST_WORDS_MS = 250;

/** Freezes once everything that was said before is on its way. */
export function freezeSoon(kind: DrillKind, flushed: () => Promise<void>): void {
  setTimeout(() => void flushed().then(() => freeze(kind)), LAST_WORDS_MS);
}

/** Never returns. */
function freeze(kind: DrillKind): never {
  if (kind === "deadlock") {
    // In a loop, because nothing but the end of the process shall end it.
    const nobody = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    for (;;) Atomics.wait(nobody, 0, 0);
  }
  for (;;);
}
