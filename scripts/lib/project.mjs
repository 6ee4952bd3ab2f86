// This project's own parts: where they are, and how they are made ready (npm packages, the extension's bundles, the binary, the VSIX).
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { npm, SetUpError, step } from "./cache.mjs";
import { run } from "./run.mjs";
import { findProgram, namespacePrograms } from "./system.mjs";

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXTENSION = path.join(ROOT, "extension");
const EXE = process.platform === "win32" ? ".exe" : "";

/**
 * Largest release binary, in bytes. The spine alone was held to 3 MB; the two WebSocket clients, the file watcher and the senses came on top,
 * then the report: time zones, its three forms with their plots, a reader of transcripts that is built for speed, and its index; then what follows
 * transcripts as they are written, what explains errors, and the doctor; the network probe, most of it TLS; the relay; its gateway, 0.4 MB of
 * that for speed. On Linux 0.9 MB of it is the C library.
 */
const BINARY_BYTES_AT_MOST = 8_400_000;

/** Flags that make a static binary smaller, where the linker knows them. While idle, nearly all of it is resident. */
const SMALLER = [
  // A panic aborts, so nothing ever unwinds, and the tables for it are an eighth of the binary. Cargo links in the root folder.
  "-Clink-arg=-Wl,-T,scripts/lib/no-unwind-tables.ld",
  // It relocates itself at its start. glibc's startup code reads the packed form, of a few kB instead of 270, since 2.36.
  "-Clink-arg=-Wl,-z,pack-relative-relocs",
];

/** Installs the npm packages that package-lock.json names, unless the last run installed just these. */
export async function ensureNpmPackages() {
  const [wanted, installed] = await Promise.all(
    ["package-lock.json", "node_modules/.package-lock.json"].map((name) =>
      stat(path.join(ROOT, name)).catch(() => null),
    ),
  );
  if (wanted && installed && installed.mtimeMs >= wanted.mtimeMs) return;
  await step("npm packages", () => npm(["ci"], { cwd: ROOT, what: "npm ci" }));
}

/** Cargo's path, or what to do about its absence. */
export function cargo() {
  const found = findProgram(
    "cargo",
    path.join(process.env.CARGO_HOME ?? path.join(process.env.HOME ?? "", ".cargo"), "bin", `cargo${EXE}`),
  );
  if (!found)
    throw new SetUpError("Rust was not found.", "install it from rustup.rs (1.89 or later), then run this again.");
  return found;
}

/** Runs a step with its output shown as it comes. @param {string} command @param {string[]} args @param {{env?: NodeJS.ProcessEnv, what?: string}} [options] */
export async function show(command, args, { env, what } = {}) {
  const { spawn } = await import("node:child_process");
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], env: env ?? process.env });
    child.on("error", reject);
    child.on("exit", (exitCode, signal) => resolve(exitCode ?? signal));
  });
  if (code !== 0)
    throw new SetUpError(`${what ?? [command, ...args].join(" ")} failed (${code}).`, "read the output above.");
}

/**
 * As `show`, but in network and process namespaces of its own: tests that signal processes see none but their own. Elsewhere than on
 * Linux there are none, and the tests run as they are (they signal only what they started).
 * @param {string} command @param {string[]} args @param {string} what
 */
export async function showIsolated(command, args, what) {
  if (process.platform !== "linux") return show(command, args, { what });
  const { bash, unshare, ip } = namespacePrograms();
  const asUser = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  // Bash stays PID 1 and reaps what is orphaned; the network is up before anything starts.
  const init = '"$1" link set lo up && shift && "$@"; exit $?';
  const isolate = [...asUser, "--net", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"];
  await show(unshare, [...isolate, bash, "-c", init, "init", ip, command, ...args], { what });
}

/** Builds the release binary. @returns {Promise<string>} its path */
export async function buildBinary() {
  const { args, env, folder } = await staticLinking();
  await step("release binary (cargo build --release)", () =>
    run(cargo(), ["build", "--release", "--locked", "-p", "lifeline", ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      what: "cargo build --release",
    }),
  );
  const binary = path.join(await targetFolder(), ...folder, "release", `lifeline${EXE}`);
  const { size } = await stat(binary);
  if (size > BINARY_BYTES_AT_MOST) {
    throw new SetUpError(
      `The release binary has ${size} bytes; at most ${BINARY_BYTES_AT_MOST} are allowed.`,
      "find what made it grow: cargo bloat --release.",
    );
  }
  return binary;
}

/**
 * How to have the C library in the binary itself, on Linux: it then runs whatever glibc a remote machine has, and what is idle holds 1 MB
 * less. Where the C library's archive is missing (Fedora: glibc-static), it is linked as usual, and runs where this glibc is or a newer one.
 * @returns {Promise<{args: string[], env: NodeJS.ProcessEnv, folder: string[]}>}
 */
async function staticLinking() {
  const asUsual = { args: [], env: {}, folder: [] };
  if (process.platform !== "linux") return asUsual;
  const host = /^host: (\S+-linux-gnu\w*)$/m.exec(await run(cargo(), ["--version", "--verbose"]))?.[1];
  const compiler = findProgram("cc");
  if (!host || !compiler) return asUsual;
  const archive = (await run(compiler, ["-print-file-name=libc.a"])).trim();
  if (!path.isAbsolute(archive)) return asUsual;
  const variable = `CARGO_TARGET_${host.toUpperCase().replaceAll("-", "_")}_RUSTFLAGS`;
  const flags = ["-Ctarget-feature=+crt-static"];
  for (const flag of SMALLER) if (await linksWith([...flags, flag], host)) flags.push(flag);
  // With the target named, what runs while building is linked as usual: macros must be shared libraries.
  return { args: ["--target", host], env: { [variable]: flags.join(" ") }, folder: [host] };
}

/** Whether a program links with these flags, and runs. @param {string[]} flags of rustc @param {string} target */
async function linksWith(flags, target) {
  const rustc = findProgram("rustc", path.join(path.dirname(cargo()), `rustc${EXE}`));
  if (!rustc) return false;
  const folder = await mkdtemp(path.join(tmpdir(), "lifeline-link-"));
  const [source, program] = ["main.rs", "main"].map((name) => path.join(folder, name));
  try {
    await writeFile(source, 'fn main() { println!("{}", std::thread::spawn(|| 1).join().is_ok()); }\n');
    await run(rustc, [source, "-o", program, "--target", target, "-Cpanic=abort", ...flags], { cwd: ROOT });
    return (await run(program, [])).trim() === "true";
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Builds an example of one of our crates, as fast as the release is. @param {string} crate @param {string} name @returns {Promise<string>} its path */
export async function buildExample(crate, name) {
  const args = ["build", "--release", "--locked", "-p", crate, "--example", name];
  await step(`example ${name} (cargo build --release)`, () => run(cargo(), args, { cwd: ROOT, what: "cargo build" }));
  return path.join(await targetFolder(), "release", "examples", `${name}${EXE}`);
}

async function targetFolder() {
  const metadata = await run(cargo(), ["metadata", "--format-version", "1", "--no-deps", "--locked"], { cwd: ROOT });
  return JSON.parse(metadata).target_directory;
}

/** Builds the extension's bundles and puts the binary beside them: `extension/` is then a complete extension. */
export async function buildExtension() {
  const binary = await buildBinary();
  await run("npm", ["run", "--silent", "build", "--workspace", "lifeline"], { cwd: ROOT, what: "build the extension" });
  const place = path.join(EXTENSION, "bin", `lifeline${EXE}`);
  await mkdir(path.dirname(place), { recursive: true });
  // Removed first: a daemon may be running from it, and a running file cannot be written.
  await rm(place, { force: true });
  await copyFile(binary, place);
  await chmod(place, 0o755);
  return EXTENSION;
}

/** The platform's name in the marketplace, such as `linux-x64`. */
function target() {
  const platform = { linux: "linux", darwin: "darwin", win32: "win32" }[
    /** @type {'linux' | 'darwin' | 'win32'} */ (process.platform)
  ];
  const arch = { x64: "x64", arm64: "arm64", arm: "armhf" }[/** @type {'x64' | 'arm64' | 'arm'} */ (process.arch)];
  if (!platform || !arch)
    throw new SetUpError(
      `There is no VS Code for ${process.platform} on ${process.arch}.`,
      "use Linux, macOS or Windows on x64 or arm64.",
    );
  return `${platform}-${arch}`;
}

/** Builds the VSIX for this platform. @returns {Promise<string>} its path below `dist/` */
export async function buildVsix() {
  await buildExtension();
  const { name, version } = JSON.parse(await readFile(path.join(EXTENSION, "package.json"), "utf8"));
  for (const file of ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]) {
    await copyFile(path.join(ROOT, file), path.join(EXTENSION, file));
  }
  const vsix = path.join(ROOT, "dist", `${name}-${target()}-${version}.vsix`);
  await mkdir(path.dirname(vsix), { recursive: true });
  const { createVSIX } = await import("@vscode/vsce");
  await step(`VSIX (${path.relative(ROOT, vsix)})`, () =>
    createVSIX({
      cwd: EXTENSION,
      packagePath: vsix,
      target: target(),
      dependencies: false,
      // The repository's address is not known to this checkout, and nothing in the README needs rewriting.
      allowMissingRepository: true,
      rewriteRelativeLinks: false,
      skipLicense: true,
    }),
  );
  return vsix;
}
