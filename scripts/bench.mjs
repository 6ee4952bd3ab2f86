// `npm run bench`: what Lifeline costs, beside a peer, in one run.
import path from "node:path";
import { main } from "./lib/main.mjs";
import { buildVsix, ensureNpmPackages, ROOT, show } from "./lib/project.mjs";

main(async () => {
  await ensureNpmPackages();
  await buildVsix();
  await show(process.execPath, [path.join(ROOT, "tests", "e2e", "idle.bench.mjs"), ...process.argv.slice(2)], {
    what: "the idle benchmark",
  });
  await show(process.execPath, [path.join(ROOT, "tests", "e2e", "census.bench.mjs")], { what: "the census benchmark" });
});
