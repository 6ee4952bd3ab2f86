// How long to wait before the next attempt: at once, then 0.1 s doubling to 5 s, with jitter so that windows do not march in step.

const FIRST_MS = 100;
const LIMIT_MS = 5000;

/** Delay before the attempt that follows `failures` failed ones. `random` is in [0, 1); half to all of the full delay is waited. */
export function backoffDelay(failures: number, random: number): number {
  if (failures <= 0) return 0;
  const full = Math.min(LIMIT_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return full * (0.5 + random / 2);
}

const START_FIRST_MS = 1000;
const START_LIMIT_MS = 60_000;

/** Delay before the program is run again after it failed `failures` times in a row: 1 s doubling to 60 s. */
export function startDelay(failures: number): number {
  return failures <= 0 ? 0 : Math.min(START_LIMIT_MS, START_FIRST_MS * 2 ** Math.min(failures - 1, 16));
}
