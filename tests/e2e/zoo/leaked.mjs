// What is left behind, as it comes about: hosts and sessions that are killed, sessions that are opened twice.
import { elapse } from "../harness/lifeline.mjs";
import { children } from "./search.mjs";
import { TOOLS } from "./zoo.mjs";

/** An MCP server that does nothing. */
export const IDLE = { BUSY: "0" };

/** A session needs this long to come to rest after its answer, and to have written it down. */
const RESTED_MS = 1_500;

/** @typedef {Awaited<ReturnType<import('./zoo.mjs').Zoo['openHost']>>} Host */
/**
 * @typedef {object} Part one part of the zoo
 * @property {import('./zoo.mjs').Zoo} zoo @property {import('./looks.mjs').Looks} looks @property {import('./reuse.mjs').Reuses} reuses
 * @property {import('../soak/random.mjs').Random} dice
 * @property {Host[]} hosts two that live as long as the zoo, in an order of its own
 */

/** @type {Record<string, (part: Part) => Promise<void>>} */
export const LEAKED = {
  midTurnOne: midTurn,
  midTurnTwo: midTurn,

  /** A tool call may write, so it is given half a minute: not in every round. */
  async toolAsleep({ zoo, looks, dice }) {
    if (dice.between(1, 3) > 1) return;
    const host = await zoo.openHost();
    const session = await zoo.panel(host, { say: TOOLS.asleep, args: ["--allowedTools", "Bash"] });
    const tool = await children(session.pid, TOOLS.asleep, 2);
    const leaks = zoo.book.add("toolAsleep", session.pid, ...tool);
    await looks.seen(session.pid, ...tool);
    await elapse(dice.between(0, 4_000));
    zoo.book.leaked(leaks);
    await host.kill();
  },

  async leftServers({ zoo, looks, dice, hosts: [host] }) {
    const session = await zoo.panel(host, { say: "Say hello", servers: [IDLE, IDLE, IDLE] });
    const [judged, ...servers] = session.servers;
    const leaks = [...zoo.book.add("judgedServer", judged), ...zoo.book.add("leftServer", ...servers)];
    await looks.seen(session.pid, ...session.servers);
    await elapse(dice.between(0, 4_000));
    zoo.book.leaked(leaks);
    process.kill(session.pid, "SIGKILL");
  },

  async superseded({ zoo, looks, dice, hosts: [host] }) {
    const first = await zoo.panel(host, { say: "Say hello", servers: [IDLE] });
    const leaks = zoo.book.add("superseded", first.pid).concat(zoo.book.add("supersededServer", ...first.servers));
    if (dice.between(0, 1)) await looks.seen(first.pid);
    await elapse(RESTED_MS + dice.between(0, 4_000));
    const second = await zoo.panel(host, { id: first.id, resume: true });
    zoo.book.add("successor", second.pid);
    zoo.book.leaked(leaks);
  },

  async idleLeft({ zoo, looks, dice }) {
    const host = await zoo.openHost({ attached: dice.between(0, 1) === 1 });
    const session = await zoo.panel(host, { say: "Say hello", servers: [IDLE] });
    const leaks = zoo.book.add("idleLeft", session.pid).concat(zoo.book.add("idleLeftServer", ...session.servers));
    await looks.seen(session.pid, ...session.servers);
    await elapse(RESTED_MS + dice.between(0, 4_000));
    zoo.book.leaked(leaks);
    await host.kill();
  },
};

/** @param {Part} part */
async function midTurn({ zoo, looks, reuses, dice }) {
  const host = await zoo.openHost({ attached: dice.between(0, 1) === 1 });
  const session = await zoo.panel(host, { say: "This is never answered", servers: [IDLE] });
  const leaks = zoo.book.add("midTurn", session.pid).concat(zoo.book.add("midTurnServer", ...session.servers));
  await looks.seen(session.pid, ...session.servers);
  await elapse(dice.between(0, 5_000));
  zoo.book.leaked(leaks);
  await host.kill();
  if (dice.between(0, 1)) await reuses.owner(host.pid);
}
