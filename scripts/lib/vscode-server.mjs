// The real VS Code server for end-to-end tests, from the npm package `code-server`, set up in the cache.
import { access, chmod, copyFile, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { npm, SetUpError, setUpOnce, step, unpackFromNpm } from "./cache.mjs";
import { run } from "./run.mjs";

/** Raise it when the recipe below changes: the old entry is then no longer used. */
const RECIPE = 2;

/**
 * The versions we know how to run. `node`: the Node.js major that this VS Code was made for, when ours does not do.
 * @type {Record<string, {codeServer: string, vscode: string, node?: number}>}
 */
const KNOWN = {
  "4.100.3": { codeServer: "4.100.3", vscode: "1.100.3" },
  "4.139.1": { codeServer: "4.139.1", vscode: "1.139.1", node: 24 },
};
export const DEFAULT_VERSION = "4.100.3";

/**
 * The native modules the server loads; those a version does not have are passed over. `kerberos` is optional and wants libkrb5-dev;
 * `@vscode/sqlite3` takes 75 s and only the agent host uses it. The watchdog matters: without it a frozen extension host outlives
 * its server, which it does not in the real world.
 */
const NATIVES = [
  "@vscode/spdlog",
  "@vscode/native-watchdog",
  "native-watchdog",
  "node-pty",
  "@vscode/deviceid",
  "@vscode/fs-copyfile",
  "@parcel/watcher",
];
/** What must exist after the build (one of each), else the server starts and then misbehaves. */
const BUILT = [
  ["@vscode/spdlog/build/Release/spdlog.node"],
  ["native-watchdog/build/Release/watchdog.node", "@vscode/native-watchdog/build/Release/watchdog.node"],
  ["node-pty/build/Release/pty.node", `node-pty/prebuilds/${process.platform}-${process.arch}/pty.node`],
];
/** The npm packages `@vscode/ripgrep-<platform>`. */
export const RIPGREP = "1.18.0";

/**
 * @typedef {object} VsCodeServer
 * @property {string} version code-server's version
 * @property {string} vscode VS Code's version
 * @property {string} root the folder of the VS Code server
 * @property {string} main its entry, to be run with `node`
 * @property {string} node the Node.js executable to run it with
 */

/**
 * The server, set up when it is not there yet (about 40 s; then under 10 ms).
 * @param {{version?: string}} [options] default: `$LIFELINE_VSCODE`, else 4.100.3
 * @returns {Promise<VsCodeServer>}
 */
export async function ensureVsCodeServer({ version = process.env.LIFELINE_VSCODE || DEFAULT_VERSION } = {}) {
  const known = KNOWN[version];
  if (!known)
    throw new SetUpError(
      `code-server ${version} is not a version we know.`,
      `set LIFELINE_VSCODE to one of ${Object.keys(KNOWN).join(", ")}.`,
    );
  if (process.platform !== "linux") {
    throw new SetUpError(
      `The end-to-end tests need Linux namespaces; this is ${process.platform}.`,
      "run them on Linux, in WSL 2 or in a container.",
    );
  }
  const node = known.node
    ? await ensureNode(known.node)
    : { executable: process.execPath, abi: process.versions.modules };
  const name = `vscode-server/${version}-node${node.abi}-${process.platform}-${process.arch}-r${RECIPE}`;
  const { folder } = await setUpOnce(name, (work) =>
    step(`VS Code ${known.vscode} server (code-server ${version})`, () => build(work, known, node)),
  );
  const root = path.join(folder, "vscode");
  return { version, vscode: known.vscode, root, main: path.join(root, "out", "server-main.js"), node: node.executable };
}

/**
 * @param {string} work @param {{codeServer: string, vscode: string, node?: number}} known
 * @param {{executable: string, abi: string}} node
 */
async function build(work, { codeServer, vscode, node: major }, node) {
  const unpacked = await step("1/4 download", () =>
    unpackFromNpm(`code-server@${codeServer}`, work, { only: ["package/lib/vscode"] }),
  );
  const root = path.join(work, "vscode");
  await rename(path.join(unpacked, "lib", "vscode"), root);
  await rm(unpacked, { recursive: true });

  const foreign = major ? node.executable : undefined;
  await step("2/4 its dependencies", () =>
    npm(["install", "--ignore-scripts", "--omit=dev"], {
      cwd: root,
      what: "npm install in the VS Code server",
      node: foreign,
    }),
  );

  await step("3/4 native modules", async () => {
    const env = { ...(await headersOf(node.executable)), JOBS: "max" };
    const present = [];
    for (const name of NATIVES) if (await exists(path.join(root, "node_modules", name))) present.push(name);
    // One by one: node-pty's post-install step may fail after the build itself has succeeded, and that is no reason to stop.
    /** @type {unknown[]} */
    const failures = [];
    for (const name of present) {
      await npm(["rebuild", name], { cwd: root, what: `npm rebuild ${name}`, env, node: foreign }).catch((error) =>
        failures.push(error),
      );
    }
    for (const files of BUILT) {
      const found = await Promise.all(files.map((file) => exists(path.join(root, "node_modules", file))));
      if (found.includes(true)) continue;
      throw (
        failures[0] ??
        new SetUpError(`${files[0]} was not built.`, "install build-essential and python3, then run it again.")
      );
    }
  });

  await step("4/4 ripgrep", async () => {
    const module = path.join(root, "node_modules", "@vscode", "ripgrep");
    const target = path.join(module, "bin");
    // Newer versions bring it along in `@vscode/ripgrep-universal`.
    if (!(await exists(module)) || (await exists(path.join(target, "rg")))) return;
    const spec = `@vscode/ripgrep-linux-${process.arch}@${RIPGREP}`;
    const unpackedRipgrep = await unpackFromNpm(spec, work);
    await mkdir(target, { recursive: true });
    await copyFile(path.join(unpackedRipgrep, "bin", "rg"), path.join(target, "rg"));
    await chmod(path.join(target, "rg"), 0o755);
    await rm(unpackedRipgrep, { recursive: true });
  });

  // The workbench looks for some files below node_modules.asar, which only desktop builds have.
  await symlink("node_modules", path.join(root, "node_modules.asar")).catch(() => {});
  await run(node.executable, [path.join(root, "out", "server-main.js"), "--version"], {
    what: "first start of the VS Code server",
  });
  return { codeServer, vscode };
}

/**
 * Headers cannot always be downloaded; an installed Node.js usually has them beside it.
 * @param {string} executable @returns {Promise<{npm_config_nodedir?: string}>}
 */
async function headersOf(executable) {
  const prefix = path.dirname(path.dirname(executable));
  return (await exists(path.join(prefix, "include", "node", "node.h"))) ? { npm_config_nodedir: prefix } : {};
}

/**
 * Another Node.js major, from npm: the package has the headers too.
 * @param {number} major @returns {Promise<{executable: string, abi: string}>}
 */
async function ensureNode(major) {
  if (Number(process.versions.node.split(".")[0]) === major)
    return { executable: process.execPath, abi: process.versions.modules };
  const { folder, stamp } = await setUpOnce(`node/${major}-${process.platform}-${process.arch}`, (work) =>
    step(`Node.js ${major}`, async () => {
      await writeFile(path.join(work, "package.json"), '{"private":true}\n');
      // The package `node` only picks the platform's package in an install script; we name that one ourselves.
      await npm(["install", "--ignore-scripts", `node-${process.platform}-${process.arch}@${major}`], {
        cwd: work,
        what: `npm install of Node.js ${major}`,
      });
      const abi = await run(nodeIn(work), ["-p", "process.versions.modules"], {
        what: `first start of Node.js ${major}`,
      });
      return { abi: abi.trim() };
    }),
  );
  return { executable: nodeIn(folder), abi: stamp.abi };
}

/** @param {string} folder */
function nodeIn(folder) {
  return path.join(folder, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
}

/** @param {string} file */
async function exists(file) {
  return access(file).then(
    () => true,
    () => false,
  );
}
