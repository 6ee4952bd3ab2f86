// The programs that Lifeline is measured beside, from npm and Debian into the cache. Nothing of them enters the tree.
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { npm, SetUpError, setUpOnce, step, unpackFromNpm } from "./cache.mjs";
import { ensureAptPackages, findProgram, unpackAptPackages } from "./system.mjs";
import { RIPGREP } from "./vscode-server.mjs";

const RECIPE = 1;
/** The newest of ccusage's programs in Rust; the package `ccusage` only starts it, with 40 ms for Node. */
const CCUSAGE = "20.0.24";
const DUCKDB = "1.5.6-r.1";

/** @typedef {{version: string, file: string, reason: null} | {version: string, file: null, reason: string}} Peer `file`: the program, or DuckDB's folder */

/**
 * Those of the report. Never throws: what cannot be had has a reason.
 * @returns {Promise<{ripgrep: Peer, ccusage: Peer, duckdb: Peer, jq: Peer}>}
 */
export async function ensurePeers() {
  return {
    ripgrep: await peer(`npm ${RIPGREP}`, () => program(`@vscode/ripgrep-${platform()}`, RIPGREP, "bin/rg")),
    ccusage: await peer(CCUSAGE, () => program(`@ccusage/ccusage-${platform()}`, CCUSAGE, "bin/ccusage")),
    duckdb: await peer(DUCKDB, duckdb),
    jq: await peer("of the system", jq),
  };
}

function platform() {
  return `${process.platform}-${process.arch}`;
}

/** @param {string} version @param {() => Promise<string>} setUp @returns {Promise<Peer>} */
async function peer(version, setUp) {
  try {
    return { version, file: await setUp(), reason: null };
  } catch (error) {
    const [first] = String(error instanceof SetUpError ? error.what : error).split("\n");
    const next = error instanceof SetUpError ? ` What to do: ${error.next}` : "";
    return { version, file: null, reason: `${first.replace(/[:.]?$/, ".")}${next}` };
  }
}

/** A package that is one program. @param {string} name @param {string} version @param {string} file */
async function program(name, version, file) {
  const entry = `peers/${name.replace(/^@/, "").replaceAll("/", "-")}-${version}-r${RECIPE}`;
  const { folder } = await setUpOnce(entry, (work) =>
    step(`${name} ${version}`, async () => {
      await chmod(path.join(await unpackFromNpm(`${name}@${version}`, work), file), 0o755);
    }),
  );
  return path.join(folder, "package", file);
}

/** DuckDB as a library of Node: there is no program of its own on npm. */
async function duckdb() {
  const { folder } = await setUpOnce(`peers/duckdb-${DUCKDB}-${platform()}-r${RECIPE}`, (work) =>
    step(`DuckDB ${DUCKDB}`, async () => {
      await writeFile(path.join(work, "package.json"), '{"private":true}\n');
      const spec = `@duckdb/node-api@${DUCKDB}`;
      await npm(["install", "--ignore-scripts", spec], { cwd: work, what: `npm install ${spec}` });
    }),
  );
  return folder;
}

/** Debian's. */
async function jq() {
  await ensureAptPackages(["jq"]);
  return findProgram("jq") ?? "jq";
}

/**
 * Those of the relay, each a folder to look into before the system's. Never throws.
 * @returns {Promise<{nginx: Peer, haproxy: Peer}>}
 */
export async function ensureProxies() {
  return {
    nginx: await peer("of Debian", () => unpacked("nginx", "libnginx-mod-stream")),
    haproxy: await peer("of Debian", () => unpacked("haproxy")),
  };
}

/** Debian's, but not installed: that would start services. @param {...string} packages */
async function unpacked(...packages) {
  const { folder } = await setUpOnce(`peers/debian-${packages[0]}-${platform()}-r${RECIPE}`, (work) =>
    step(`unpack Debian's ${packages.join(", ")}`, () => unpackAptPackages(packages, work)),
  );
  return folder;
}
