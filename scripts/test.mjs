// `npm test`: set-up, all checks and unit tests, then the end-to-end tests against the real programs.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { check } from "./check.mjs";
import { SetUpError } from "./lib/cache.mjs";
import { main } from "./lib/main.mjs";
import { buildVsix, ensureNpmPackages, ROOT, show } from "./lib/project.mjs";

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
  // One at a time: each starts a VS Code, a browser and more, and freezes are judged by the CPU they use.
  await show(
    process.execPath,
    ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files.map((name) => path.join(folder, name))],
    {
      what: "the end-to-end tests",
    },
  );
  console.log(`npm test took ${((performance.now() - began) / 60_000).toFixed(1)} min`);
});
