// `npm test`: set-up, all checks and unit tests, then the end-to-end tests against the real programs.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
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
  /** What failed, in the reporter's own words: with hours of output above it, only the end of it is read. @type {string[]} */
  const failures = [];
  // One at a time: each starts a VS Code, a browser and more, and freezes are judged by the CPU they use.
  for (const name of files) {
    const passes = async () => {
      const failure = await failureOf(path.join(folder, name));
      if (failure !== null) failures.push(`${name}:\n${failure}`);
      return failure === null;
    };
    if (await passes()) continue;
    const again = !NEVER_AGAIN.test(name);
    if (again) console.log(`\n${name} failed. It is tried once more.\n`);
    if (again && (await passes())) unsteady.push(name);
    else failed.push(name);
  }
  if (failures.length > 0) console.log(`\nWhat failed, once more:\n\n${failures.join("\n\n")}\n`);
  for (const name of unsteady) console.log(`UNSTEADY: ${name} failed once and passed the second time.`);
  if (failed.length > 0) {
    throw new SetUpError(`These end-to-end tests failed: ${failed.join(", ")}.`, "read the output above.");
  }
  console.log(`npm test took ${((performance.now() - began) / 60_000).toFixed(1)} min`);
});

/** Runs one file of end-to-end tests. @param {string} file @returns {Promise<string | null>} what failed, or null when nothing did */
async function failureOf(file) {
  const place = await mkdtemp(path.join(tmpdir(), "lifeline-test-"));
  const copy = path.join(place, "output");
  const reporters = ["stdout", copy].flatMap((to) => ["--test-reporter=spec", `--test-reporter-destination=${to}`]);
  try {
    await show(process.execPath, ["--test", ...reporters, file], { what: path.basename(file) });
    return null;
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    const output = await readFile(copy, "utf8").catch(() => "");
    return output.split("failing tests:").at(1)?.trim() ?? error.message;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
