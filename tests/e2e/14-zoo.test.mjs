// A zoo of processes, real CLIs in every state and decoys: every one that was left behind is ended, and not one other is touched.
// `npm run zoo -- --runs 50` does it again and again, at random moments.
import assert from "node:assert/strict";
import { test } from "node:test";
import { enterNamespace } from "./harness/namespace.mjs";
import { prepare, round } from "./zoo/round.mjs";
import { failures, table, tally } from "./zoo/tally.mjs";

/** Any will do; `npm run zoo` draws others. */
const SEED = 5;

const inside = await enterNamespace(import.meta.url, { prepare });

test("every leaked process is ended, and not one other is touched", {
  skip: inside.prepared.cli.reason ?? false,
  timeout: 420_000,
}, async (t) => {
  const its = [await round(inside, { seed: SEED })];
  t.diagnostic(table(tally(its)));
  assert.equal(failures(its), "");
});
