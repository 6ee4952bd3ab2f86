// `npm test`: set-up, all checks and unit tests, then the end-to-end tests against the real programs.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { check } from "./check.mjs";
import { SetUpError } from "./lib/cache.mjs";
import { main } from "./lib/main.mjs";
import { buildVsix, ensureNpmPackages, ROOT, show } from "./lib/project.mjs";

/**
 * These draw their faults at random and count false kills: one failure is a finding, so they are never tried again. The others drive two
 * foreign programs through a browser; what fails there is tried a second time, and named when it passes then.
 */
const NEVER_AGAIN = /^(7-matrix|8-soak|14-zoo)\./;

main(async () => {
  const began = performance.now();
  await ensureNpmPackages();
  await check();
  if (process.platform !== "linux") {
    throw new SetUpError(
      "The unit tests passed. The end-to-end tests need Linux namespaces and did not run.",
      "run `npm test` on Linux for them.",
    );
  }
  await buildVsix();
  const folder = path.join(ROOT, "tests", "e2e");
  const wanted = process.argv.slice(2);
  const files = (await readdir(folder))
    .filter((name) => /\.test\.mjs$/.test(name) && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
    .sort();
  const unsteady = [];
  const failed = [];
  // One at a time: each starts a VS Code, a browser and more, and freezes are judged by the CPU they use.
  for (const name of files) {
    if (await passes(folder, name)) continue;
    const again = !NEVER_AGAIN.test(name);
    if (again) console.log(`\n${name} failed. It is tried once more.\n`);
    if (again && (await passes(folder, name))) unsteady.push(name);
    else failed.push(name);
  }
  for (const name of unsteady) {
    console.log(`UNSTEADY: ${name} failed once and passed the second time. What it said the first time is above.`);
  }
  if (failed.length > 0) {
    throw new SetUpError(`These end-to-end tests failed: ${failed.join(", ")}.`, "read the output above.");
  }
  console.log(`npm test took ${((performance.now() - began) / 60_000).toFixed(1)} min`);
});

/** Runs one file of end-to-end tests. @param {string} folder @param {string} name */
async function passes(folder, name) {
  const args = ["--test", "--test-reporter=spec", path.join(folder, name)];
  try {
    await show(process.execPath, args, { what: name });
    return true;
  } catch (error) {
    if (error instanceof SetUpError) return false;
    throw error;
  }
}
