// `npm run check`: format, lints, the core's purity, types, and the unit tests of both halves.

import { SetUpError } from "./lib/cache.mjs";
import { main } from "./lib/main.mjs";
import { cargo, ensureNpmPackages, ROOT, show, showIsolated } from "./lib/project.mjs";
import { run } from "./lib/run.mjs";

export async function check() {
  await ensureNpmPackages();
  const cargoPath = cargo();
  await show(cargoPath, ["fmt", "--all", "--check"]);
  await coreIsPure(cargoPath);
  await show(cargoPath, ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
  await show(cargoPath, ["clippy", "-p", "lifeline-core", "--lib", "--locked", "--", "-D", "warnings"], {
    what: "clippy of the core alone",
  });
  await show(cargoPath, ["test", "--workspace", "--locked", "--quiet", "--no-run"]);
  await showIsolated(cargoPath, ["test", "--workspace", "--locked", "--offline", "--quiet"], "the Rust tests");
  await show("npx", ["biome", "ci", "."]);
  await show("npm", ["run", "--silent", "typecheck", "--workspace", "lifeline"]);
  await showIsolated("npm", ["run", "--silent", "test", "--workspace", "lifeline"], "the extension's tests");
  await show(process.execPath, ["--test", "scripts/lib/"]);
}

/** The core depends on `std` alone: its dependency tree is one line. @param {string} cargoPath */
async function coreIsPure(cargoPath) {
  const tree = await run(
    cargoPath,
    ["tree", "-p", "lifeline-core", "-e", "normal,build", "--prefix", "none", "--locked"],
    { cwd: ROOT },
  );
  const crates = tree.trim().split("\n");
  if (crates.length !== 1) {
    throw new SetUpError(
      `lifeline-core must depend on std alone, but its tree is:\n${tree}`,
      "remove the dependency, or put what needs it outside the core.",
    );
  }
  console.log("lifeline-core depends on std alone");
}

if (process.argv[1] === (await import("node:url")).fileURLToPath(import.meta.url)) main(check);
