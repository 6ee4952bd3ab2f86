// The moment this extension began to load. Imported first, so that "activated in N ms" counts its modules too.
import { performance } from "node:perf_hooks";

/** Monotonic milliseconds. */
export const began = performance.now();
