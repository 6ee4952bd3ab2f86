// `npm run matrix -- --runs N`: every way a host can hang, N times over, against the real VS Code.
import path from "node:path";
import { main } from "./lib/main.mjs";
import { buildVsix, ensureNpmPackages, ROOT, show } from "./lib/project.mjs";

main(async () => {
  await ensureNpmPackages();
  if (!process.env.LIFELINE_E2E_VSIX) await buildVsix();
  await show(process.execPath, [path.join(ROOT, "tests", "e2e", "matrix", "run.mjs"), ...process.argv.slice(2)], {
    what: "the verdict matrix",
  });
});
