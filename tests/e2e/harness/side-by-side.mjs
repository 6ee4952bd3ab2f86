// The same fault for several users of a fake API at the same time, each with turns of its own, and a table of what came of it.

/** @typedef {import('./relay-user.mjs').User} User */

export class SideBySide {
  /** Its lines. @type {string[]} */
  table = [];

  /** @param {import('./fake-api.mjs').FakeApi} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * @param {string} fault @param {User[]} users
   * @param {{answer?: import('./fake-api.mjs').Answer, times?: number, trusts?: boolean, atMostMs?: number}} [options] `answer`: what the API has for
   *   each of them so many times, before all goes well again; the rest as for `User.turn`
   * @returns {Promise<Awaited<ReturnType<User["turn"]>>[]>} in the users' order
   */
  async turns(fault, users, { answer, times = 1, ...options } = {}) {
    const prompt = (/** @type {User} */ user) => `${fault} for ${user.name}, prompt-of-this-test`;
    if (answer) for (const user of users) this.api.on(prompt(user), answer, { times });
    const one = async (/** @type {User} */ user) => {
      const turn = await user.turn(prompt(user), options);
      this.#note(fault, user, turn, prompt(user));
      return turn;
    };
    return await Promise.all(users.map(one));
  }

  /** @param {string} fault @param {User} user @param {Awaited<ReturnType<User["turn"]>>} turn @param {string} prompt */
  #note(fault, user, { code, text, seconds, retries }, prompt) {
    const asked = this.api.turns().filter(({ said }) => said.includes(prompt));
    const how = asked.map(({ body }) => (body.stream ? "stream" : "plain")).join(" ") || "nothing";
    const ended = code === null ? "hangs" : `${code === 0 ? "finished" : "failed"}: ${text.slice(0, 100)}`;
    this.table.push(
      `${fault}, ${user.name} (asked: ${how}): ${ended} after ${seconds.toFixed(1)} s with ${retries} retries`,
    );
  }
}
