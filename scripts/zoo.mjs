// `npm run zoo -- --runs N`: a zoo of processes, N times over, in which every leaked one must be ended and no other be touched.
import path from "node:path";
import { main } from "./lib/main.mjs";
import { buildVsix, ensureNpmPackages, ROOT, show } from "./lib/project.mjs";

main(async () => {
  await ensureNpmPackages();
  if (!process.env.LIFELINE_E2E_VSIX && !process.env.LIFELINE_E2E_BINARY) await buildVsix();
  await show(process.execPath, [path.join(ROOT, "tests", "e2e", "zoo", "run.mjs"), ...process.argv.slice(2)], {
    what: "the zoo",
  });
});
