// Chance that can be repeated: the same seed draws the same numbers.

/** Mulberry32: 32 bits of state are plenty for a plan of events. @param {number} seed */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    /** A whole number. @param {number} from @param {number} to inclusive */
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    /** @template T @param {readonly T[]} all @returns {T} */
    oneOf: (all) => all[Math.floor(next() * all.length)],
  };
}

/** @typedef {ReturnType<typeof random>} Random */
