// `npm run soak -- --minutes N [--seed S]`: prints what happens as it happens, and the summary; its exit code says whether all was well.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { ensureAptPackages } from "../../../scripts/lib/system.mjs";
import { prepare } from "../harness/lifeline.mjs";
import { enterNamespace } from "../harness/namespace.mjs";
import { Stand } from "../matrix/stand.mjs";
import { HOST } from "./events.mjs";
import { SEATS, SETTINGS, soak } from "./soak.mjs";
import { isFine, summary } from "./summary.mjs";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" }, seed: { type: "string" } } });
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
if (!(minutes > 0) || !Number.isInteger(seed) || seed < 0) {
  console.error("usage: npm run soak -- [--minutes N] [--seed S]");
  process.exit(2);
}

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => {
    await ensureAptPackages(["stress-ng"]);
    return prepare();
  },
});

for (const { name, unavailable } of HOST) {
  const why = unavailable?.();
  if (why) console.log(`${name} is left out: ${why}`);
}
console.log(`seed ${seed}: --seed ${seed} draws the same events again; how they meet depends on the machine`);
const stand = await Stand.start(inside, { seats: SEATS, settings: SETTINGS });
try {
  const soaked = await soak(stand, { minutes, seed, say: (line) => console.log(line) });
  console.log(`\n${summary(soaked)}`);
  const file = path.join(process.env.LIFELINE_E2E_ARTIFACTS ?? ".", "soak.json");
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(soaked, null, 1));
  console.log(`\nevery event: ${path.relative(process.cwd(), file)}`);
  if (!isFine(soaked)) process.exitCode = 1;
} finally {
  await stand.stop();
}
