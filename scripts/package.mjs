// `npm run package`: the VSIX for this platform, with the release binary inside, in dist/.
import { stat } from "node:fs/promises";
import path from "node:path";
import { main } from "./lib/main.mjs";
import { buildVsix, ensureNpmPackages, ROOT } from "./lib/project.mjs";

main(async () => {
  await ensureNpmPackages();
  const vsix = await buildVsix();
  const { size } = await stat(vsix);
  console.log(`${path.relative(ROOT, vsix)}  ${(size / 1e6).toFixed(2)} MB`);
});
