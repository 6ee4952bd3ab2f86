// `npm run soak -- --minutes N [--seed S]`: the real VS Code under random harmless disturbances and random real freezes.
import path from "node:path";
import { main } from "./lib/main.mjs";
import { buildVsix, ensureNpmPackages, ROOT, show } from "./lib/project.mjs";

main(async () => {
  await ensureNpmPackages();
  if (!process.env.LIFELINE_E2E_VSIX) await buildVsix();
  await show(process.execPath, [path.join(ROOT, "tests", "e2e", "soak", "run.mjs"), ...process.argv.slice(2)], {
    what: "the soak",
  });
});
