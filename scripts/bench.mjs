// `npm run bench -- [SECONDS] [--quick | --bytes N]`: what Lifeline costs, beside peers, in one run each. SECONDS of idling (60); bytes of
// transcripts for the report (1.1 GB, with --quick 40 MB). --quick: fewer requests through the relay, too.
import path from "node:path";
import { parseArgs } from "node:util";
import { main } from "./lib/main.mjs";
import { buildVsix, ensureNpmPackages, ROOT, show } from "./lib/project.mjs";

main(async () => {
  const options = /** @type {const} */ ({ quick: { type: "boolean" }, bytes: { type: "string" } });
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  await ensureNpmPackages();
  await buildVsix();
  await bench("idle", positionals);
  await bench("census");
  await bench("relay", values.quick ? ["--quick"] : []);
  await bench("report", [...(values.quick ? ["--quick"] : []), ...(values.bytes ? ["--bytes", values.bytes] : [])]);
});

/** @param {string} name @param {string[]} [args] */
async function bench(name, args = []) {
  const file = path.join(ROOT, "tests", "e2e", `${name}.bench.mjs`);
  await show(process.execPath, [file, ...args], { what: `the ${name} benchmark` });
}
