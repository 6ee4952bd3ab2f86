// A soak: freezes in some windows, harmless disturbances in others and on the whole machine, all at once and at random, for a time.
import { elapse } from "../harness/lifeline.mjs";
import { FREEZES, HOST, MACHINE } from "./events.mjs";
import { random } from "./random.mjs";

/** Windows that are frozen again and again, and windows that are only disturbed. */
const FROZEN_SEATS = 2;
const DISTURBED_SEATS = 2;
export const SEATS = FROZEN_SEATS + DISTURBED_SEATS;

/** The defaults, but a host on a child does not get a minute: that would be all that a short soak sees. */
export const SETTINGS = { "lifeline.recovery.onChildAfter": 20 };

/**
 * A freeze that has not ended by then was missed. Longer than the longest deadline under the heaviest load: a loop on a machine overloaded
 * eight times over is given 20 s of CPU time, and every sleep of the machine starts all deadlines again.
 */
const MISSED_AFTER_MS = 180_000;

/** @typedef {import('../matrix/stand.mjs').Seat} Seat */
/** @typedef {import('../matrix/stand.mjs').Stand} Stand */
/**
 * @typedef {object} Freeze
 * @property {string} name @property {string} seat @property {number} pid @property {number} at ms since 1970
 * @property {string} first the first verdict that commits to something
 * @property {string | null} killedAs @property {boolean} right whether it was killed for what it was
 * @property {boolean} missed
 * @property {number | null} detectedMs @property {number | null} recoveredMs
 */
/** @typedef {{name: string, words: string, seat: string | null, at: number, until: number, seen: string[]}} Past a disturbance that is over */
/** @typedef {{pid: number, verdict: string, evidence: any[], at: number, during: string[]}} FalseKill */

/**
 * @param {Stand} stand with `SEATS` seats and `SETTINGS`
 * @param {{minutes: number, seed: number, say?: (line: string) => void}} options
 */
export async function soak(stand, { minutes, seed, say = () => {} }) {
  const began = Date.now();
  const isOver = () => Date.now() >= began + minutes * 60_000;
  const tell = (/** @type {string} */ line) =>
    say(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  /** @type {Freeze[]} */ const freezes = [];
  /** @type {Past[]} */ const disturbances = [];
  const cores = new Turns();
  const { observer } = stand;
  const frozen = stand.seats.slice(0, FROZEN_SEATS);
  const disturbed = stand.seats.slice(FROZEN_SEATS);

  /** @param {Seat} seat @param {number} stream */
  async function freezeAgainAndAgain(seat, stream) {
    const dice = random(seed * 100 + stream);
    while (!isOver()) {
      const [pauseMs, { name, right, computes }] = [dice.between(1_000, 10_000), dice.oneOf(FREEZES)];
      await elapse(pauseMs);
      // Two at a time would starve each other, which is no news.
      const free = computes ? await cores.taken() : () => {};
      if (isOver()) return free();
      await seat.rest();
      const { pid, windowId } = seat;
      const { at } = await seat.inject(name);
      tell(`${seat.label}: ${name} freezes host ${pid}`);
      const recovered = await observer
        .when(() => recovery(stand, pid), { what: `${name} is recovered`, atMostMs: MISSED_AFTER_MS })
        .catch(() => null);
      const until = Date.now();
      const decided = observer.since(windowId, at).filter(({ verdict }) => !["healthy", "late"].includes(verdict));
      const killedAs = observer.journal.kills.find((kill) => kill.pid === pid)?.verdict ?? null;
      freezes.push({
        name,
        seat: seat.label,
        pid,
        at,
        first: decided[0]?.verdict ?? "none",
        killedAs,
        right: killedAs !== null && right.includes(killedAs),
        missed: !recovered,
        detectedMs: firstAt(decided, right, at),
        recoveredMs: recovered ? until - at : null,
      });
      free();
      tell(`${seat.label}: ${recovered ? `recovered as ${killedAs} after ${(until - at) / 1000} s` : "MISSED"}`);
      if (!recovered) await seat.reload();
    }
  }

  /** @template Target @param {import('./events.mjs').Disturbance<Target>[]} all @param {Target} target @param {Seat | null} seat @param {number} stream */
  async function disturbAgainAndAgain(all, target, seat, stream) {
    const dice = random(seed * 100 + stream);
    const possible = all.filter(({ unavailable }) => !unavailable?.());
    while (!isOver()) {
      const { name, draw } = dice.oneOf(possible);
      const { words, run } = draw(dice);
      // A machine that never comes to rest gives nobody the time to see a freeze to its end.
      const pauseMs = seat ? dice.between(500, 5_000) : dice.between(3_000, 25_000);
      if (seat) await seat.rest();
      const at = Date.now();
      tell(`${seat?.label ?? "machine"}: ${name}: ${words}`);
      await run(target);
      await elapse(pauseMs);
      const watched = seat ? [seat] : disturbed;
      const seen = watched.flatMap(({ windowId }) => observer.since(windowId, at).map(({ verdict }) => verdict));
      disturbances.push({ name, words, seat: seat?.label ?? null, at, until: Date.now(), seen: [...new Set(seen)] });
    }
  }

  await Promise.all([
    ...frozen.map((seat, index) => freezeAgainAndAgain(seat, 1 + index)),
    ...disturbed.map((seat, index) => disturbAgainAndAgain(HOST, seat, seat, 11 + index)),
    disturbAgainAndAgain(MACHINE, stand, null, 21),
  ]);
  // What was decided at the very end must have come to light.
  await Promise.all(stand.seats.map((seat) => seat.rest()));
  return { seed, minutes, freezes, disturbances, falseKills: falseKills(stand, freezes, disturbances) };
}

/** One at a time. */
class Turns {
  /** @type {Promise<unknown>} */ #last = Promise.resolve();

  /** @returns {Promise<() => void>} to be called when the turn is over */
  async taken() {
    const before = this.#last;
    /** @type {() => void} */
    let over = () => {};
    this.#last = new Promise((resolve) => {
      over = () => resolve(null);
    });
    await before;
    return over;
  }
}

/** @typedef {Awaited<ReturnType<typeof soak>>} Soaked */

/** The incident that ended with a new host in the place of this one. @param {Stand} stand @param {number} pid */
function recovery(stand, pid) {
  const incidents = [...stand.observer.journal.incidents.values()];
  return incidents.find(({ host, outcome }) => host.pid === pid && outcome === "recovered");
}

/** @param {{at: number, verdict: string}[]} decided @param {string[]} right @param {number} since */
function firstAt(decided, right, since) {
  const first = decided.find(({ verdict }) => right.includes(verdict));
  return first ? first.at - since : null;
}

/** Kills of hosts that nothing had frozen. @param {Stand} stand @param {Freeze[]} freezes @param {Past[]} disturbances @returns {FalseKill[]} */
function falseKills(stand, freezes, disturbances) {
  return stand.observer.journal.kills
    .filter(({ pid }) => !freezes.some((freeze) => freeze.pid === pid))
    .map((kill) => ({
      ...kill,
      during: disturbances
        .filter(({ at, until }) => at <= kill.at && kill.at <= until + 30_000)
        .map(({ seat, words }) => `${seat ?? "machine"}: ${words}`),
    }));
}
