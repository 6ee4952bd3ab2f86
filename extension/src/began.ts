// The moment this extension began to load. Loaded before its other modules, so that "activated in N ms" counts them too.
import { performance } from "node:perf_hooks";

/** Monotonic milliseconds. */
export const began = performance.now();
