// Lifeline uninstalled from the real VS Code while the relay is on: Claude Code's settings are as they were, to the byte.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { run } from "../../scripts/lib/run.mjs";
import { ensureVsCodeServer } from "../../scripts/lib/vscode-server.mjs";
import { whenFolder } from "./harness/events.mjs";
import { newestVsix } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { User } from "./harness/relay-user.mjs";

const { root, prepared } = await enterNamespace(import.meta.url, {
  prepare: async () => ({ server: await ensureVsCodeServer(), vsix: await newestVsix() }),
});
const { node, main } = prepared.server;
const SETTINGS = '{"env": { "FOO": "1" },\n  "cleanupPeriodDays": 99\n}\n';
for (const mode of ["tunnel", "gateway"]) {
  test(`uninstalled with the relay on as a ${mode}`, { timeout: 180_000 }, async (t) => {
    const folder = path.join(root, mode);
    const dirs = ["extensions", "user-data", "server-data"].flatMap((dir) => [`--${dir}-dir`, path.join(folder, dir)]);
    const accepted = "--accept-server-license-terms";
    const world = { root, binary: "", executable: "", authority: "", stallSeconds: 15 };
    const user = new User(world, mode);
    await user.make(SETTINGS);
    await mkdir(folder, { recursive: true });
    const code = (/** @type {string[]} */ ...args) => run(node, [main, ...args, ...dirs, accepted], { env: user.env });
    await code("--install-extension", prepared.vsix);
    const installed = path.join(folder, "extensions");
    const ours = async () => (await readdir(installed)).filter((name) => name.startsWith("lifeline-dev"));
    world.binary = path.join(installed, (await ours())[0] ?? "", "bin", "lifeline");
    await user.serve();
    t.after(() => user.end());
    const on = await user.cli("relay", "on", "--mode", mode, "--yes");
    assert.equal(on.code, 0, on.stderr);
    assert.notEqual(await readFile(user.settings, "utf8"), SETTINGS);

    await code("--uninstall-extension", "lifeline-dev.lifeline");
    const marks = () => readFile(path.join(installed, ".obsolete"), "utf8").catch(() => "");
    // VS Code marks the folder at its first start after that; at the second it runs the script, and removes the folder.
    await during([...dirs, accepted], user.env, async () => {
      await whenFolder(installed, async () => (await marks()).includes("lifeline-dev") || undefined, {
        what: "a mark",
      });
    });
    await during([...dirs, accepted], user.env, async () => {
      await whenFolder(installed, async () => (await ours()).length === 0, { what: "no folder" });
    });
    assert.equal(await readFile(user.settings, "utf8"), SETTINGS);
    assert.deepEqual(
      (await readdir(installed)).filter((name) => name.startsWith("lifeline-dev")),
      [],
    );
  });
}

/** Starts VS Code's server, and ends it after that. @param {string[]} args @param {NodeJS.ProcessEnv} env @param {() => Promise<void>} done */
async function during(args, env, done) {
  const server = spawn(node, [main, "--host", "127.0.0.1", "--port", "0", "--without-connection-token", ...args], {
    env,
    stdio: "ignore",
  });
  const gone = once(server, "exit");
  try {
    await done();
  } finally {
    server.kill();
    await gone;
  }
}
