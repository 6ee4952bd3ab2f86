// The cache folder outside the tree: big things (VS Code server, Claude Code, …) are set up once, whoever asks first.
import { createHash, randomBytes } from "node:crypto";
import { watch } from "node:fs";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { run } from "./run.mjs";

/** Written last into a finished entry; a folder without it was never finished. */
const STAMP = ".lifeline-ready.json";
/** The holder of a lock touches it this often … */
const LOCK_TOUCH_MS = 5_000;
/** … and a lock nobody touched for this long belongs to a run that died. */
const LOCK_STALE_MS = 30_000;

/** Something the tests need cannot be set up. `next` tells the reader what to do about it. */
export class SetUpError extends Error {
  /** @param {string} what what happened @param {string} next what the reader can do @param {{cause?: unknown}} [options] */
  constructor(what, next, options) {
    super(`${what}\n  What to do: ${next}`, options);
    this.name = "SetUpError";
    this.what = what;
    this.next = next;
  }
}

/** `$LIFELINE_CACHE_DIR`, else `$XDG_CACHE_HOME/lifeline`, else `~/.cache/lifeline`. */
export function cacheDir() {
  const { LIFELINE_CACHE_DIR: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own) return path.resolve(own);
  if (xdg && path.isAbsolute(xdg)) return path.join(xdg, "lifeline");
  return path.join(os.homedir(), ".cache", "lifeline");
}

/** One line on stderr, so that a long step is never silent. @param {string} line */
export function progress(line) {
  if (process.env.LIFELINE_QUIET !== "1") process.stderr.write(`lifeline set-up: ${line}\n`);
}

/**
 * Runs a long step between two progress lines.
 * @template T @param {string} what @param {() => Promise<T>} step @returns {Promise<T>}
 */
export async function step(what, step) {
  const from = performance.now();
  progress(`${what} …`);
  const result = await step();
  progress(`${what}: done in ${((performance.now() - from) / 1000).toFixed(1)} s`);
  return result;
}

/**
 * Sets up one cache entry, once. `build` fills a private folder, which then takes its place with one rename: a reader sees
 * all of it or nothing, and two runs at the same time cannot spoil each other's work (the lock only saves the second one
 * from doing it again).
 * @param {string} name path of the entry below the cache folder; put everything the content depends on into it
 * @param {(folder: string) => Promise<object | void>} build fills `folder`; what it returns is kept in the stamp. The entry is
 *   moved afterwards, so it must not contain absolute paths to itself
 * @returns {Promise<{folder: string, stamp: Record<string, any>}>}
 */
export async function setUpOnce(name, build) {
  const folder = path.join(cacheDir(), name);
  const ready = await readStamp(folder);
  if (ready) return { folder, stamp: ready };
  await fs.mkdir(path.dirname(folder), { recursive: true }).catch((cause) => {
    throw new SetUpError(
      `The cache folder ${cacheDir()} cannot be created (${cause.code}).`,
      "Set LIFELINE_CACHE_DIR to a folder you can write to.",
      { cause },
    );
  });
  const release = await lock(`${folder}.lock`, name);
  try {
    const meanwhile = await readStamp(folder);
    if (meanwhile) return { folder, stamp: meanwhile };
    await removeLeftovers(folder);
    const work = `${folder}.work-${randomBytes(4).toString("hex")}`;
    await fs.mkdir(work);
    const facts = await Promise.resolve(build(work)).catch(async (error) => {
      await fs.rm(work, { recursive: true, force: true });
      throw error;
    });
    const stamp = { ...facts, setUpAt: new Date().toISOString(), node: process.version };
    await fs.writeFile(path.join(work, STAMP), `${JSON.stringify(stamp, null, 2)}\n`);
    await fs.rm(folder, { recursive: true, force: true });
    try {
      await fs.rename(work, folder);
    } catch (error) {
      // Another run (whose lock we could not see) was faster: its entry is as good as ours.
      const theirs = await readStamp(folder);
      if (!theirs) throw error;
      await fs.rm(work, { recursive: true, force: true });
      return { folder, stamp: theirs };
    }
    return { folder, stamp };
  } finally {
    await release();
  }
}

/** A file name for content that depends on these inputs. @param {...unknown} inputs */
export function fingerprint(...inputs) {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
}

/** @param {string} folder */
async function readStamp(folder) {
  try {
    return JSON.parse(await fs.readFile(path.join(folder, STAMP), "utf8"));
  } catch {
    return null;
  }
}

/** Work folders of runs that died; nobody else can be at work, since we hold the lock. @param {string} folder */
async function removeLeftovers(folder) {
  const prefix = `${path.basename(folder)}.work-`;
  for (const name of await fs.readdir(path.dirname(folder))) {
    if (name.startsWith(prefix)) await fs.rm(path.join(path.dirname(folder), name), { recursive: true, force: true });
  }
}

/**
 * A lock that a crash cannot leave shut: its holder touches it, and an untouched one is taken over. It works between process
 * namespaces, where a pid says nothing.
 * @param {string} file @param {string} what @returns {Promise<() => Promise<void>>}
 */
export async function lock(file, what) {
  const token = randomBytes(8).toString("hex");
  let said = false;
  for (;;) {
    try {
      await fs.writeFile(file, token, { flag: "wx" });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") {
        throw new SetUpError(
          `The cache folder ${cacheDir()} is not writable (${/** @type {Error} */ (error).message}).`,
          "Set LIFELINE_CACHE_DIR to a folder you can write to.",
          { cause: error },
        );
      }
    }
    if (await breakIfStale(file)) continue;
    if (!said) progress(`another run is setting up ${what}; waiting for it …`);
    said = true;
    await changed(file, LOCK_TOUCH_MS);
  }
  const touch = setInterval(() => {
    const now = new Date();
    fs.utimes(file, now, now).catch(() => {});
  }, LOCK_TOUCH_MS);
  touch.unref();
  return async () => {
    clearInterval(touch);
    const holder = await fs.readFile(file, "utf8").catch(() => "");
    if (holder === token) await fs.rm(file, { force: true });
  };
}

/** @param {string} file @returns whether it was */
async function breakIfStale(file) {
  const stat = await fs.stat(file).catch(() => null);
  if (!stat || Date.now() - stat.mtimeMs < LOCK_STALE_MS) return false;
  progress(`the lock ${file} was left behind by a run that died; taking over`);
  // Renaming first makes sure that only one of several waiting runs removes it.
  const dead = `${file}.dead-${randomBytes(4).toString("hex")}`;
  await fs.rename(file, dead).then(
    () => fs.rm(dead, { force: true }),
    () => {},
  );
  return true;
}

/** Resolves when `file` appears, changes or goes, or after `atMostMs`. @param {string} file @param {number} atMostMs */
async function changed(file, atMostMs) {
  await new Promise((resolve) => {
    const watcher = watch(path.dirname(file), (_event, name) => {
      if (name === path.basename(file)) finish();
    });
    const timer = setTimeout(finish, atMostMs);
    watcher.on("error", finish);
    function finish() {
      clearTimeout(timer);
      watcher.close();
      resolve(undefined);
    }
  });
}

/**
 * `npm pack` one package from the registry the user's npm is set to, unpacked: `folder/package/…`.
 * @param {string} spec `name@version` @param {string} folder @param {{only?: string[]}} [options] `only`: members to unpack
 */
export async function unpackFromNpm(spec, folder, { only = [] } = {}) {
  const out = await npm(["pack", spec, "--json", "--pack-destination", folder], {
    cwd: folder,
    what: `npm pack ${spec}`,
  });
  const parsed = JSON.parse(out.slice(out.search(/[[{]/)));
  const packed = Array.isArray(parsed) ? parsed[0] : parsed.filename ? parsed : Object.values(parsed)[0];
  // npm 8 to 11 disagree on how a scoped package's file is written here (`@a/b-1.tgz` or `a-b-1.tgz`); on disk it is the latter.
  const archive = path.join(folder, String(packed.filename).replace(/^@/, "").replaceAll("/", "-"));
  await run("tar", ["-xzf", archive, "-C", folder, ...only], { what: `unpack ${spec}` });
  await fs.rm(archive, { force: true });
  return path.join(folder, "package");
}

/**
 * Runs npm quietly and independent of the npm run that may have started us.
 * @param {string[]} args @param {{cwd: string, what: string, env?: NodeJS.ProcessEnv, node?: string}} options `node`: another
 *   Node.js than ours to run npm (and so to build native modules) with
 */
export async function npm(args, { cwd, what, env = {}, node }) {
  const quiet = ["--no-fund", "--no-audit", "--no-update-notifier", "--loglevel=error", "--no-progress"];
  const full = node
    ? { ...cleanNpmEnv(), PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` }
    : cleanNpmEnv();
  const [command, first] = node ? [node, [await npmCli()]] : ["npm", []];
  try {
    return await run(command, [...first, ...args, ...quiet], { cwd, what, env: { ...full, ...env } });
  } catch (cause) {
    const text = String(/** @type {Error} */ (cause).message);
    const next = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network|fetch failed/i.test(text)
      ? "the npm registry cannot be reached: check the network and `npm config get registry`, then run it again."
      : /E404|ETARGET|No matching version/i.test(text)
        ? "the registry does not have this version: check `npm config get registry`."
        : /gyp|make: |python/i.test(text)
          ? "a native module could not be built: install a compiler, make, python3 and the Node.js headers (Debian: apt-get install build-essential python3 libnode-dev), then run it again."
          : "read the output above, then run it again.";
    throw new SetUpError(text, next, { cause });
  }
}

/** The npm that is on the PATH, as a script that any Node.js can run. */
async function npmCli() {
  const wanted = process.env.npm_execpath;
  if (wanted?.endsWith("npm-cli.js")) return wanted;
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    const real = await fs.realpath(path.join(folder, "npm")).catch(() => null);
    if (real?.endsWith(".js")) return real;
  }
  throw new SetUpError("npm was not found.", "install Node.js together with npm, and put both on the PATH.");
}

/** `npm run` tells its children about *this* package; an npm that works elsewhere must not hear it. */
function cleanNpmEnv() {
  const about =
    /^(npm_package_|npm_lifecycle_|npm_command$|npm_config_(local_prefix|prefix|workspaces?|include_workspace_root|ignore_scripts|omit|include|only|production|dry_run|global|location|package_lock|save|offline|json)$|INIT_CWD$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !about.test(name)));
}
