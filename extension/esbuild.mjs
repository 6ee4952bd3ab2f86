// Bundles the extension: dist/main.js for the extension host, dist/pulse.js for its worker thread, dist/uninstall.js for VS Code when it is uninstalled.
import { rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const production = process.argv.includes("--production");
const watch = process.argv.includes("--watch");

/** @type {import("esbuild").BuildOptions} */
const options = {
  absWorkingDir: here,
  entryPoints: { main: "src/main.ts", pulse: "src/host/pulse-worker.ts", uninstall: "src/uninstall.ts" },
  outdir: "dist",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node18",
  external: ["vscode"],
  minify: production,
  sourcemap: production ? false : "linked",
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": JSON.stringify(production ? "production" : "development") },
};

if (watch) {
  const watching = await context(options);
  await watching.watch();
} else {
  rmSync(join(here, "dist"), { recursive: true, force: true });
  await build(options);
  for (const name of ["main.js", "pulse.js", "uninstall.js"]) {
    process.stdout.write(`dist/${name} ${(statSync(join(here, "dist", name)).size / 1024).toFixed(1)} KiB\n`);
  }
}
