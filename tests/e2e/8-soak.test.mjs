// Two minutes of everything at once: load, sleep, pauses, honest work, garbage, stalled disks, and real freezes in between.
// `npm run soak -- --minutes N` goes on for longer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ensureAptPackages } from "../../scripts/lib/system.mjs";
import { prepare } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { Stand } from "./matrix/stand.mjs";
import { SEATS, SETTINGS, soak } from "./soak/soak.mjs";
import { summary } from "./soak/summary.mjs";

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => {
    await ensureAptPackages(["stress-ng"]);
    return prepare();
  },
});

/** @type {Stand} */
let stand;
before(async () => {
  stand = await Stand.start(inside, { seats: SEATS, settings: SETTINGS });
});
after(() => stand?.stop());

test("two minutes: every frozen host is recovered, and no other one is ended", { timeout: 600_000 }, async (t) => {
  const seed = Number(process.env.LIFELINE_E2E_SEED ?? Math.floor(Math.random() * 1e6));
  t.diagnostic(`LIFELINE_E2E_SEED=${seed} draws the same events again`);
  const soaked = await soak(stand, { minutes: 2, seed });
  t.diagnostic(summary(soaked));
  assert.ok(soaked.freezes.length > 0, "there was a freeze to recover");
  assert.ok(soaked.disturbances.length > 0, "there was something to be patient with");
  assert.deepEqual(soaked.falseKills, []);
  assert.deepEqual(
    soaked.freezes.filter(({ missed }) => missed),
    [],
  );
});
