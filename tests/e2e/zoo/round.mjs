// One round: the zoo is opened at random moments, Lifeline does what it does, and at the end it is counted who is gone and who is still there.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { ensureClaudeCli } from "../../../scripts/lib/claude-code.mjs";
import { ensureAptPackages } from "../../../scripts/lib/system.mjs";
import { readJson } from "../harness/events.mjs";
import { elapse, newestVsix } from "../harness/lifeline.mjs";
import { decoys } from "./decoys.mjs";
import { KEPT, unseen, young } from "./kept.mjs";
import { LEAKED } from "./leaked.mjs";
import { Looks } from "./looks.mjs";
import { Reuses } from "./reuse.mjs";
import { QUIET_SECONDS, Zoo } from "./zoo.mjs";

/** Each part begins within this time. */
const BEGIN_WITHIN_MS = 12_000;
/** A minute until they are no longer young, two looks apart by the time of quiet, half a minute for a tool that may write; and all that under load. */
const ENDED_WITHIN_MS = 300_000;
/** What would be ended next, if there were anything. */
const WATCHED_ON_MS = (QUIET_SECONDS + 3) * 1000;
/** After the last of those that are to end has begun: when they are ended, this one is nearly a minute old. */
const YOUNG_AFTER_MS = { least: 25_000, most: 40_000 };
/** So old it becomes at least, and it is still young. */
const YOUNG_UNTIL_MS = 50_000;

export const SPECIMENS_AT_LEAST = 40;

/** @typedef {{of: string, what: string}} Wrong */
/**
 * @typedef {object} Round
 * @property {number} seed @property {number} seconds @property {import('./book.mjs').Specimen[]} specimens @property {Wrong[]} wrong
 * @property {import('./reuse.mjs').Reuse[]} reuses @property {number} refused signals that were held back: another process was there by that pid
 * @property {Record<string, number>} looks @property {number} givenBackBytes
 */

/** For `enterNamespace`. */
export async function prepare() {
  await ensureAptPackages(["tmux"]);
  return { cli: await ensureClaudeCli(), vsix: process.env.LIFELINE_E2E_BINARY ? null : await newestVsix() };
}

/**
 * @param {import('./zoo.mjs').Inside} inside from `enterNamespace` @param {{seed: number}} options
 * @returns {Promise<Round>}
 */
export async function round(inside, { seed }) {
  const began = performance.now();
  const zoo = await Zoo.build(inside, seed);
  const looks = new Looks(zoo);
  try {
    const reuses = await Reuses.of(zoo);
    await reuses.awaitJudgement();
    /** @type {Promise<unknown>[]} */
    const taken = [];
    zoo.book.ended = (specimen) => taken.push(reuses.ended(specimen));
    await open(zoo, looks, reuses);
    await closing(zoo, looks, reuses);
    await Promise.all([...taken, reuses.forced]);
    const told = await whoWasTold(zoo);
    zoo.book.close(told);
    const wrong = [...wrongSpecimens(zoo), ...(await wrongElsewhere(zoo, reuses, told))];
    const { specimens } = zoo.book;
    const givenBackBytes = looks.last?.givenBackBytes ?? 0;
    const seconds = Math.round((performance.now() - began) / 1000);
    const refused = await refusals(zoo);
    return { seed, seconds, specimens, wrong, reuses: reuses.all, refused, looks: looks.taken, givenBackBytes };
  } finally {
    looks.stop();
    await zoo.close();
  }
}

/** Starts all of it, and returns when all is as it is to be but for the youngest. @param {Zoo} zoo @param {Looks} looks @param {Reuses} reuses */
async function open(zoo, looks, reuses) {
  const dice = zoo.dice("round");
  const hosts = await Promise.all([zoo.openHost({ attached: true }), zoo.openHost({ attached: true })]);
  zoo.book.add("host", ...hosts.map(({ pid }) => pid));
  const begin = async () => {
    await unseen(zoo);
    await elapse(dice.between(0, 3_000));
    await zoo.startDaemon();
    await Promise.all(hosts.map(({ attached }) => attached));
    looks.begin();
  };
  const parts = Object.entries({ ...LEAKED, ...KEPT, decoys }).map(([name, part]) => {
    const own = zoo.dice(name);
    const turned = dice.between(0, 1) ? hosts : hosts.toReversed();
    return { part, own, turned, afterMs: dice.between(0, BEGIN_WITHIN_MS) };
  });
  const all = parts.map(async ({ part, own, turned, afterMs }) => {
    await elapse(afterMs);
    await part({ zoo, looks, reuses, dice: own, hosts: turned });
  });
  await Promise.race([Promise.all([begin(), ...all]), looks.failed]);
}

/** Waits until all that is to end has ended, and for a while after that. @param {Zoo} zoo @param {Looks} looks @param {Reuses} reuses */
async function closing(zoo, looks, reuses) {
  const dice = zoo.dice("closing");
  const lastBegan = Math.max(...zoo.book.left().map(({ startedAt }) => startedAt));
  const youngAt = lastBegan + dice.between(YOUNG_AFTER_MS.least, YOUNG_AFTER_MS.most);
  const cub = elapse(youngAt - Date.now()).then(() => young({ zoo, looks, reuses, dice, hosts: [] }));
  // Who waits for it hears of it.
  cub.catch(() => {});
  const until = performance.now() + ENDED_WITHIN_MS;
  const end = async () => {
    while (zoo.book.left().length > 0 && performance.now() < until) await elapse(250);
    const { startedAt } = await cub;
    await elapse(Math.max(WATCHED_ON_MS, startedAt + YOUNG_UNTIL_MS - Date.now()));
  };
  await Promise.race([end(), looks.failed]);
}

/** @param {Zoo} zoo @returns {Promise<Set<string>>} whom the daemon has decided to tell to end, by the journal */
async function whoWasTold(zoo) {
  const decided = (await zoo.journal.lines()).flatMap(({ decision }) => decision?.orphan?.endProcess ?? []);
  return new Set(decided.flatMap(({ tree }) => tree).map(({ pid, start_time }) => `${pid}@${start_time}`));
}

/** @param {Zoo} zoo @returns {Promise<number>} how often the signal itself was held back, because another process was there by that pid */
async function refusals(zoo) {
  return (await zoo.daemonLog()).match(/nobody to tell .* is another one now/g)?.length ?? 0;
}

/** @param {Zoo} zoo @returns {Wrong[]} */
function wrongSpecimens({ book }) {
  return book.specimens.flatMap(({ kind, id, wrong }) => wrong.map((what) => ({ of: `${kind} ${id}`, what })));
}

/** @param {Zoo} zoo @param {Reuses} reuses @param {Set<string>} told @returns {Promise<Wrong[]>} */
async function wrongElsewhere(zoo, reuses, told) {
  const { specimens } = zoo.book;
  const log = await zoo.daemonLog();
  const errors = log.split("\n").filter((line) => / ERROR |panicked/.test(line));
  const saved = await savedSessions(zoo);
  const lost = specimens.filter(({ kind, id, command }) => {
    const session = /--(?:session-id|resume) (\S+)/.exec(command)?.[1];
    return ["midTurn", "superseded"].includes(kind) && told.has(id) && session && !saved.has(session);
  });
  const asker = specimens.find(({ kind }) => kind === "asks");
  /** @type {[boolean, string, string][]} */
  const findings = [
    [specimens.length < SPECIMENS_AT_LEAST, "the zoo", `it has only ${specimens.length} specimens`],
    [!asker?.why.some((why) => /who asked it/.test(why)), "asks", `it is not known for our ancestor: ${asker?.why}`],
    [!reuses.all.some(({ taken }) => taken), "pidReused", "no pid was used again"],
    [errors.length > 0, "the daemon", errors.join("\n")],
    [lost.length > 0, "snapshots", `the sessions of ${lost.map(({ id }) => id).join(", ")} were not saved`],
  ];
  return findings.filter(([isSo]) => isSo).map(([, of, what]) => ({ of, what }));
}

/** @param {Zoo} zoo @returns {Promise<Set<string>>} the ids of those that were saved before their processes were ended */
async function savedSessions(zoo) {
  const folder = path.join(zoo.stateDir, "snapshots");
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  const snapshots = await Promise.all(names.map((name) => readJson(path.join(folder, name))));
  const leftBehind = snapshots.filter((snapshot) => snapshot?.cause === "leftBehind");
  return new Set(leftBehind.flatMap(({ sessions }) => sessions.map((/** @type {any} */ one) => one.sessionId)));
}
