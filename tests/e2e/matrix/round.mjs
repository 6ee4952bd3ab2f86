// One round: every case once, as many at a time as can be without one disturbing the other.
import { BUSY, MACHINE, STILL } from "./cases.mjs";
import { attempt } from "./trial.mjs";

/** Windows that stay. One more is opened when one is to be closed. */
export const SEATS = 4;

/** @typedef {import('./trial.mjs').Trial} Trial */

/**
 * @param {import('./stand.mjs').Stand} stand with `SEATS` seats
 * @param {{number?: number, thorough?: boolean, only?: string[], done?: (trial: Trial) => void}} [options] `number`: of the round; cases move on by one
 *   seat each time. `thorough`: all cases. `only`: names of cases. `done`: called after each trial
 * @returns {Promise<Trial[]>}
 */
export async function round(stand, { number = 0, thorough = false, only = [], done = () => {} } = {}) {
  /** @type {Trial[]} */
  const trials = [];
  const keep = (/** @type {Trial[]} */ results) => {
    trials.push(...results);
    results.forEach(done);
  };
  const wanted = (/** @type {import('./cases.mjs').Case} */ one) =>
    !one.unavailable?.() && (only.length > 0 ? only.includes(one.name) : thorough || !one.thorough);
  const seats = stand.seats.map((_, index) => stand.seats[(index + number) % SEATS]);

  // Where a kill is forbidden they are watched for long, and so side by side.
  const still = STILL.filter(wanted);
  for (const batch of [still.filter((one) => !one.mayEnd), still.filter((one) => one.mayEnd)]) {
    const staying = batch.filter((one) => !one.leaves);
    await Promise.all([
      ...staying.map(async (one, index) => keep(await attempt(one, [seats[index]]))),
      // The others wait without a CPU, so that one more window may well be opened meanwhile.
      ...batch.filter((one) => one.leaves).map(async (one) => keep(await inWindowOfItsOwn(stand, one))),
    ]);
  }
  for (const [index, one] of BUSY.filter(wanted).entries()) keep(await attempt(one, [seats[index % SEATS]]));
  for (const one of MACHINE.filter(wanted)) keep(await attempt(one, one.alone ? seats.slice(0, 1) : seats));
  return trials;
}

/** @param {import('./stand.mjs').Stand} stand @param {import('./cases.mjs').Case} one a case that the window does not outlive */
async function inWindowOfItsOwn(stand, one) {
  const seat = await stand.openSeat();
  const trials = await attempt(one, [seat]);
  stand.forget(seat);
  return trials;
}
