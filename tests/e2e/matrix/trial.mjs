// One trial: a case is done to a window, and what Lifeline says and does is watched.
import { setTimeout as pass } from "node:timers/promises";
import { processFacts } from "../harness/host.mjs";
import { cpuPressure } from "./cases.mjs";

/** @typedef {import('./cases.mjs').Case} Case */
/** @typedef {import('./stand.mjs').Seat} Seat */

/** What a verdict of these says is that nothing is certain, or nothing the matter. */
const UNDECIDED = ["healthy", "late"];

/**
 * Percent of CPU pressure from which on the machine has other users. Then it is true, for a while, that a host which wants a CPU does not
 * get it; a host that waits for something else is no different on a crowded machine.
 */
const CROWDED_PERCENT = 40;
/** So long they may take to finish. The kernel's figure is an average over 10 s. */
const CALM_WITHIN_MS = 20_000;

/**
 * @typedef {object} Trial
 * @property {string} case @property {string} seat @property {number} pid @property {string} startedAt
 * @property {number} cpuPressure percent of the 10 s before
 * @property {boolean} crowded others kept the machine busy, and this case needs the CPU: "starved" is not wrong
 * @property {number | null} heapPercent V8 heap used of its limit, at the last beat
 * @property {number | null} rssPercent resident memory of that limit, at the end of the watch
 * @property {string} first the first verdict that commits to something, else the worst undecided one
 * @property {string} final the verdict at the end of the watch
 * @property {number | null} toVerdictMs from the beginning of a freeze to the first right verdict
 * @property {number | null} silentMs silence of the host at that verdict, by Lifeline's own count
 * @property {string[]} kills verdicts upon which a kill was decided
 * @property {string[]} wrong what was not as it must be, in words; empty: all was
 * @property {{afterMs: number, forMs: number, verdict: string, phase: string, evidence: string[]}[]} history
 */

/**
 * Does a case to one or more windows at the same time, and returns when they are well again (or closed).
 * @param {Case} wanted @param {Seat[]} seats more than one where a case befalls all of them: only the first is told
 * @returns {Promise<Trial[]>}
 */
export async function attempt(wanted, seats) {
  const [seat] = seats;
  const { observer } = seat.stand;
  if (wanted.computes) await calm();
  const pressure = await cpuPressure();
  const places = seats.map(({ label, windowId, pid }) => ({ label, windowId, pid }));
  const { began, heal } = await wanted.inject(seat);
  if (wanted.crashes) {
    const options = { what: `${wanted.name}: the host ends by itself`, atMostMs: wanted.watchMs };
    await observer.when(() => crashed(observer, places[0].pid), options);
  } else {
    await pass(Math.max(0, began + wanted.watchMs - Date.now()));
  }
  const watchedUntil = Date.now();
  const trials = await Promise.all(
    places.map((place) => judge(wanted, place, { began, pressure, watchedUntil, observer })),
  );
  await heal();
  if (!wanted.leaves) await Promise.all(seats.map((other) => other.rest()));
  // A kill that had been under way comes to light only now.
  for (const trial of trials) addKills(wanted, trial, observer);
  return trials;
}

/** A crash that VS Code got over, as an incident says. @param {import('./observer.mjs').Observer} observer @param {number} pid */
function crashed({ journal }, pid) {
  return [...journal.incidents.values()].find(
    (incident) => incident.host.pid === pid && ["crashRecovered", "recovered"].includes(incident.outcome),
  );
}

/**
 * @param {Case} wanted @param {{label: string, windowId: string, pid: number}} place
 * @param {{began: number, pressure: number, watchedUntil: number, observer: import('./observer.mjs').Observer}} watch
 * @returns {Promise<Trial>}
 */
async function judge(wanted, place, { began, pressure, watchedUntil, observer }) {
  // What comes after a kill is not a verdict on this host any more.
  const wasKilled = observer.journal.kills.some(({ pid }) => pid === place.pid);
  const all = observer.since(place.windowId, began).filter(({ at }) => at <= watchedUntil);
  const gone = wasKilled ? all.findIndex(({ verdict }) => verdict === "gone") : -1;
  const history = gone < 0 ? all : all.slice(0, gone);
  const crowded = wanted.computes === true && pressure >= CROWDED_PERCENT;
  const undecided = [...UNDECIDED, ...(crowded ? ["starved"] : [])];
  const decided = history.filter(({ verdict }) => !undecided.includes(verdict));
  const right = decided.find(({ verdict }) => wanted.right.includes(verdict));
  const worst = undecided.findLast((verdict) => history.some((stretch) => stretch.verdict === verdict)) ?? "nothing";
  const final = history.at(-1)?.verdict ?? "nothing";
  const { heapUsedBytes, heapLimitBytes } = observer.window(place.windowId) ?? {};
  const wrong = [];
  const others = [
    ...new Set(decided.map(({ verdict }) => verdict).filter((verdict) => !wanted.right.includes(verdict))),
  ];
  if (others.length > 0) wrong.push(`called ${others.join(", ")}`);
  if (wanted.freezes && !right) wrong.push("not recognised");
  else if (wanted.freezes && !wanted.right.includes(final) && !undecided.includes(final))
    wrong.push(`called ${final} in the end`);
  return {
    case: wanted.name,
    seat: place.label,
    pid: place.pid,
    startedAt: new Date(began).toISOString(),
    cpuPressure: pressure,
    crowded,
    heapPercent: percent(heapUsedBytes, heapLimitBytes),
    rssPercent: percent((await processFacts(place.pid))?.rssBytes, heapLimitBytes),
    first: decided[0]?.verdict ?? worst,
    final,
    toVerdictMs: wanted.freezes && right ? right.at - began : null,
    silentMs: wanted.freezes ? (right?.silentMs ?? null) : null,
    kills: [],
    wrong,
    history: history.map(({ at, until, verdict, phase, evidence }) => ({
      afterMs: at - began,
      forMs: until - at,
      verdict,
      phase,
      evidence,
    })),
  };
}

/** @param {number | null | undefined} part @param {number | null | undefined} whole */
const percent = (part, whole) => (part && whole ? Math.round((100 * part) / whole) : null);

/** Waits for others on this machine to finish what they do, but not for long. */
async function calm() {
  const until = performance.now() + CALM_WITHIN_MS;
  while ((await cpuPressure()) >= CROWDED_PERCENT && performance.now() < until) await pass(1000);
}

/** @param {Case} wanted @param {Trial} trial @param {import('./observer.mjs').Observer} observer */
function addKills(wanted, trial, { journal }) {
  trial.kills = journal.kills.filter(({ pid }) => pid === trial.pid).map(({ verdict }) => verdict);
  for (const verdict of trial.kills) {
    if (!wanted.mayEnd) trial.wrong.push(`killed as ${verdict}, which nothing allows`);
    else if (!wanted.right.includes(verdict)) trial.wrong.push(`killed as ${verdict}`);
  }
}
