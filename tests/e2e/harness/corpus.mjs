// A corpus of transcripts as large as one likes, with known truth; in the cache, and written anew only when its generator has changed.
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { fingerprint, setUpOnce, step } from "../../../scripts/lib/cache.mjs";
import { buildExample, ROOT } from "../../../scripts/lib/project.mjs";
import { run } from "../../../scripts/lib/run.mjs";

/** Folders of what the generator is made of. */
const SOURCES = ["sidecar/report/examples/bulk", "sidecar/report/tests/support"];

/**
 * @typedef {object} Truth
 * @property {{files: number, subagentFiles: number, bytes: number, lines: number}} corpus
 * @property {{total: number, byCode: {code: string, count: number}[], byStatus: {status: number, count: number}[]}} errors as in the report
 * @property {number} decoys records that hold an error's fields further inside, and are none
 * @property {number} tokens of all answers, each counted once
 */

/** @param {number} bytes about so many @returns {Promise<{folder: string, truth: Truth}>} with `projects` in the folder */
export async function ensureCorpus(bytes) {
  const name = `report-corpus/${bytes}-${fingerprint(await sources())}`;
  const { folder, stamp } = await setUpOnce(name, async (work) => {
    const generator = await buildExample("lifeline-report", "bulk");
    return step(`transcripts, ${Math.round(bytes / 1e6)} MB`, async () => {
      const told = await run(generator, [work, String(bytes)], { what: "the generator of transcripts" });
      return { truth: JSON.parse(told) };
    });
  });
  await removeOlder(folder);
  return { folder, truth: stamp.truth };
}

/** The text of each source file. */
async function sources() {
  const folders = SOURCES.map((name) => path.join(ROOT, name));
  const files = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).sort().map((name) => path.join(folder, name))),
  );
  return Promise.all(files.flat().map((file) => readFile(file, "utf8")));
}

/** Those of this size that older generators wrote: nobody asks for them again. @param {string} folder the one in use */
async function removeOlder(folder) {
  const [bytes] = path.basename(folder).split("-");
  for (const name of await readdir(path.dirname(folder))) {
    const isCorpus = /^\d+-[0-9a-f]{12}$/.test(name) && name.startsWith(`${bytes}-`);
    if (isCorpus && name !== path.basename(folder)) {
      await rm(path.join(path.dirname(folder), name), { recursive: true, force: true });
    }
  }
}
