// The cache under stress: several runs at once, a run that dies, a build that fails.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { cacheDir, SetUpError, setUpOnce } from "./cache.mjs";

/** @type {string} */ let folder;
const environment = { ...process.env };

before(() => {
  process.env.LIFELINE_QUIET = "1";
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "lifeline-cache-"));
  process.env.LIFELINE_CACHE_DIR = folder;
});
afterEach(() => rm(folder, { recursive: true, force: true }));
after(() => {
  process.env = environment;
});

test("the folder: LIFELINE_CACHE_DIR, else XDG_CACHE_HOME, else the home", () => {
  process.env.XDG_CACHE_HOME = "/somewhere/cache";
  assert.equal(cacheDir(), folder);
  delete process.env.LIFELINE_CACHE_DIR;
  assert.equal(cacheDir(), "/somewhere/cache/lifeline");
  process.env.XDG_CACHE_HOME = "not/absolute";
  assert.equal(cacheDir(), path.join(os.homedir(), ".cache", "lifeline"));
});

test("an entry is built once, whoever asks", async () => {
  const script = `
    import { setUpOnce } from ${JSON.stringify(new URL("cache.mjs", import.meta.url).href)};
    import { appendFile, writeFile } from 'node:fs/promises';
    const { folder } = await setUpOnce('big/thing', async (work) => {
      await appendFile(process.argv[1], 'built\\n');
      await new Promise((resolve) => setTimeout(resolve, 300));
      await writeFile(work + '/content', 'whole');
    });
    process.stdout.write(folder);`;
  const log = path.join(folder, "log");
  const runs = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script, log], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const chunks = /** @type {Buffer[]} */ ([]);
      child.stdout.on("data", (chunk) => chunks.push(chunk));
      const [code] = await once(child, "close");
      assert.equal(code, 0);
      return String(Buffer.concat(chunks));
    }),
  );
  assert.deepEqual(new Set(runs), new Set([path.join(folder, "big/thing")]));
  assert.equal(await readFile(log, "utf8"), "built\n");
  assert.equal(await readFile(path.join(runs[0], "content"), "utf8"), "whole");
});

test("what a dead run left behind is taken over and cleaned up", async () => {
  await setUpOnce("other", async () => {});
  const lockFile = path.join(folder, "thing.lock");
  await writeFile(lockFile, "dead");
  const longAgo = new Date(Date.now() - 3_600_000);
  await utimes(lockFile, longAgo, longAgo);
  await writeFile(path.join(folder, "thing.work-1234"), "half");
  const { stamp } = await setUpOnce("thing", async () => ({ answer: 42 }));
  assert.equal(stamp.answer, 42);
  assert.deepEqual((await readdir(folder)).sort(), ["other", "thing"]);
});

test("a build that fails leaves nothing, and the next one may succeed", async () => {
  await assert.rejects(
    setUpOnce("thing", async () => {
      throw new SetUpError("no", "try again");
    }),
    /What to do: try again/,
  );
  assert.deepEqual(await readdir(folder), []);
  await setUpOnce("thing", async (work) => writeFile(path.join(work, "content"), "whole"));
  assert.equal(await readFile(path.join(folder, "thing", "content"), "utf8"), "whole");
});
