// A zoo of processes, real CLIs in every state and decoys: every one that was left behind is ended, and not one other is touched.
// `npm run zoo -- --runs 50` does it again and again, at random moments.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { prepare } from "./zoo/round.mjs";
import { failures, table, tally } from "./zoo/tally.mjs";

/** Any will do; `npm run zoo` draws others. */
const SEED = 5;
/** A round in a process of its own, which ends although its specimens are still there. */
const ONE = fileURLToPath(new URL("zoo/one.mjs", import.meta.url));

const { cli } = await prepare();

test("every leaked process is ended, and not one other is touched", {
  skip: cli.reason ?? false,
  timeout: 420_000,
}, async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "zoo-"));
  t.after(() => rm(folder, { recursive: true }));
  const result = path.join(folder, "round.json");
  const child = spawn(process.execPath, [ONE, "--seed", String(SEED), "--result", result], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  t.after(() => child.kill());
  const code = await new Promise((resolve) => child.once("exit", resolve));
  assert.equal(code, 0, "the round came to its end");
  const its = [JSON.parse(await readFile(result, "utf8"))];
  t.diagnostic(table(tally(its)));
  assert.equal(failures(its), "");
});
