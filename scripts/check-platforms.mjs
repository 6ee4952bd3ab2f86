// Type-checks the Rust crates for the systems that we do not run on: macOS and Windows.
//
//   node scripts/check-platforms.mjs [-p CRATE]... [--target TRIPLE]...
//
// No SDK and no linker are needed: `cargo check` builds the standard library from source (`-Z build-std`) as far as a
// check needs it. What is needed is a compiler with that source beside it: a rustup toolchain with the component
// rust-src, or Debian's packages rustc-web and rust-web-src, which are installed here when we are root.
// Warnings count as errors. Exit code: 0 fine, 1 errors found, 2 wrong usage, 3 no compiler with its source.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PORTABLE_CRATES = [
  "lifeline-core",
  "lifeline-protocol",
  "lifeline-platform",
  "lifeline-bridge",
  "lifeline-inspector",
  "lifeline-transcript",
  "lifeline-resolver",
  "lifeline-probe",
  "lifeline-relay",
  "lifeline",
];
const TARGETS = ["aarch64-apple-darwin", "x86_64-pc-windows-msvc"];
const DEBIAN_PACKAGES = ["rustc-web", "rust-web-src"];

/** Reads the command line, or ends with 0 (help) or 2 (not understood). */
function readArguments(args) {
  const usage = "usage: node scripts/check-platforms.mjs [-p CRATE]... [--target TRIPLE]...";
  const crates = [];
  const targets = [];
  for (let i = 0; i < args.length; i++) {
    const list = { "-p": crates, "--package": crates, "--target": targets }[args[i]];
    const value = args[i + 1];
    if (list && value && !value.startsWith("-")) {
      list.push(value);
      i++;
    } else {
      const help = args[i] === "-h" || args[i] === "--help";
      (help ? console.log : console.error)(help ? usage : `not understood: ${args[i]}\n${usage}`);
      process.exit(help ? 0 : 2);
    }
  }
  return { crates: crates.length ? crates : PORTABLE_CRATES, targets: targets.length ? targets : TARGETS };
}

/** What a program prints, or undefined when it is missing or fails. */
function output(program, ...args) {
  const { status, stdout } = spawnSync(program, args, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Runs a program on our own terminal; true when it succeeds. */
function run(program, args, env = process.env) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, env, stdio: "inherit" });
  if (error) console.error(`${program}: ${error.message}`);
  return status === 0;
}

/** `1.88` → [1, 88] */
function version(text) {
  return (text ?? "").split(".").slice(0, 2).map(Number);
}

/** The oldest compiler that the workspace allows. */
function oldestCompiler() {
  return version(/^rust-version = "([\d.]+)"/m.exec(readFileSync(join(ROOT, "Cargo.toml"), "utf8"))?.[1]);
}

/** The first compiler that is new enough and has the source of its standard library where cargo looks for it. */
function findCompiler() {
  const [major, minor] = oldestCompiler();
  // rustup puts its own `rustc` in front of Debian's, so Debian's is asked by its path too.
  for (const rustc of [process.env.RUSTC, "rustc", "/usr/bin/rustc"].filter(Boolean)) {
    const sysroot = output(rustc, "--print", "sysroot");
    const release = /^release: (\S+)/m.exec(output(rustc, "-vV") ?? "")?.[1];
    if (!sysroot || !release) continue;
    const [foundMajor, foundMinor] = version(release);
    const newEnough = foundMajor > major || (foundMajor === major && foundMinor >= minor);
    const source = existsSync(join(sysroot, "lib/rustlib/src/rust/library/std/Cargo.toml"));
    if (newEnough && source) return { rustc, release };
  }
  return undefined;
}

/** Asks apt for a compiler; true when it may be there now. */
function installCompiler() {
  if (process.getuid?.() !== 0 || output("apt-get", "--version") === undefined) return false;
  console.log(`Installing ${DEBIAN_PACKAGES.join(" and ")} (about 140 MB to download)`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // An outdated list is no reason to stop. --no-remove: never at the price of another compiler.
  run("apt-get", ["update", "-q"], env);
  return run("apt-get", ["install", "-q", "-y", "--no-remove", "--no-install-recommends", ...DEBIAN_PACKAGES], env);
}

const { crates, targets } = readArguments(process.argv.slice(2));
const compiler = findCompiler() ?? (installCompiler() ? findCompiler() : undefined);
if (!compiler) {
  console.error(
    [
      `Cannot check other platforms: no Rust compiler ${oldestCompiler().join(".")} or newer with its library's source.`,
      "Do one of these, then run this again:",
      "  rustup component add rust-src",
      `  sudo apt-get update && sudo apt-get install --no-install-recommends ${DEBIAN_PACKAGES.join(" ")}   (Debian)`,
    ].join("\n"),
  );
  process.exit(3);
}
console.log(`Checking ${crates.join(", ")} with rustc ${compiler.release}`);

const env = { ...process.env, RUSTC: compiler.rustc, RUSTC_BOOTSTRAP: "1" };
// Flags of a debugging session or of clippy are not meant for this.
for (const name of ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER"]) delete env[name];

// Types are checked, and nothing is linked: what a dependency (ring) would have compiled from C is an empty file.
const standIn = join(ROOT, "target", "platforms", "stand-in-for-c");
mkdirSync(dirname(standIn), { recursive: true });
const outputs = [`-out:*|/out:*) : > "\${word#?out:}" ;;`, '*.a|*.lib) : > "$word" ;;'].join(" ");
writeFileSync(standIn, `#!/bin/sh\nfor word do case "$word" in ${outputs} esac; done\n`, { mode: 0o755 });

const failed = targets.filter((target) => {
  console.log(`\n${target}`);
  for (const tool of ["CC", "AR"]) env[`${tool}_${target.replaceAll("-", "_")}`] ??= standIn;
  const options = ["--target", target, "--target-dir", join(ROOT, "target", "platforms")];
  const unstable = ["-Z", "build-std=std,panic_abort", "-Z", "warnings", "--config", 'build.warnings="deny"'];
  const selected = crates.flatMap((crate) => ["-p", crate]);
  return !run(process.env.CARGO ?? "cargo", ["check", ...options, ...unstable, ...selected], env);
});

console.log(failed.length ? `\nFailed: ${failed.join(", ")}` : `\nFine on ${targets.join(" and ")}.`);
process.exit(failed.length ? 1 : 0);
