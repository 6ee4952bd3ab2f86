// Every way an extension host can hang, done for real once: called by its right name, and no host ended that might go on.
// `npm run matrix -- --runs N` does it N times, and more thoroughly.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ensureAptPackages } from "../../scripts/lib/system.mjs";
import { prepare } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { CASES, PACKAGES } from "./matrix/cases.mjs";
import { round, SEATS } from "./matrix/round.mjs";
import { Stand } from "./matrix/stand.mjs";
import { explain, table, tally } from "./matrix/tally.mjs";

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => {
    await ensureAptPackages(PACKAGES);
    return prepare();
  },
});

/** @type {Stand} */
let stand;
before(async () => {
  stand = await Stand.start(inside, { seats: SEATS });
});
after(() => stand?.stop());

/** @type {import('./matrix/trial.mjs').Trial[]} */
let trials = [];

test("every case is injected once", { timeout: 400_000 }, async (t) => {
  trials = await round(stand);
  t.diagnostic(table(tally(trials)));
});

for (const { name, story, thorough, unavailable } of CASES) {
  if (thorough) continue;
  test(story, { skip: unavailable?.() ?? false }, () => {
    const its = trials.filter((trial) => trial.case === name);
    assert.ok(its.length > 0, "it was injected");
    const wrong = its.filter((trial) => trial.wrong.length > 0);
    assert.equal(wrong.length, 0, wrong.map(explain).join("\n"));
  });
}
