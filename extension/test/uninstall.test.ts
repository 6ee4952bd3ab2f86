// The script that VS Code runs when the extension is uninstalled, built as it is shipped.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, expect, test } from "vitest";
import manifest from "../package.json";

const standIn = join(__dirname, "fixtures", "program-stand-in.sh");
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "ll-"));
  const [, script = ""] = manifest.scripts["vscode:uninstall"].split(" ");
  await build({
    entryPoints: [join(__dirname, "..", "src", "uninstall.ts")],
    outfile: join(folder, script),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node18",
    logLevel: "warning",
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As VS Code does: the program, the script and its own argument behind it. */
function uninstall(env: Record<string, string> = {}) {
  const [program = "", script = ""] = manifest.scripts["vscode:uninstall"].split(" ");
  expect(program).toBe("node");
  return spawnSync(process.execPath, [join(folder, script), "--type=extension-post-uninstall"], {
    env: { PATH: process.env["PATH"] ?? "", LIFELINE_TEST_FOLDER: folder, ...env },
    encoding: "utf8",
  });
}

function bundleProgram(): void {
  mkdirSync(join(folder, "bin"));
  copyFileSync(standIn, join(folder, "bin", "lifeline"));
}

test("the relay is turned off by the extension's own program, without a question", () => {
  bundleProgram();
  expect(uninstall()).toMatchObject({ status: 0, stderr: "" });
  expect(readFileSync(join(folder, "calls"), "utf8")).toBe("relay off --yes\n");
});

test("what it could not do is said", () => {
  bundleProgram();
  expect(uninstall({ LIFELINE_TEST_EXIT: "4" })).toMatchObject({ status: 4, stderr: "It is not there any more.\n" });
});

test("a program that is gone is no error", () => {
  expect(uninstall()).toMatchObject({ status: 0, stderr: "" });
});
