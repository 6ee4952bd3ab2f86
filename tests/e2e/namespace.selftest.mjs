// The namespace keeps its promises: nothing outside is visible or reachable, orphans are reaped, nothing outlives it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { test } from "node:test";
import { processes, processFacts, whenGone } from "./harness/host.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

const { root, home } = await enterNamespace(import.meta.url, { prepare: async () => ({}) });

test("only our own processes are visible", async () => {
  assert.ok(process.pid < 20);
  assert.equal((await processFacts(1))?.command[2].includes("link set lo up"), true);
  assert.ok((await processes()).length <= 4);
});

test("the loopback is up and there is no other interface", async () => {
  const interfaces = (await readFile("/proc/net/dev", "utf8"))
    .split("\n")
    .slice(2)
    .map((line) => line.split(":")[0].trim())
    .filter(Boolean);
  assert.deepEqual(interfaces, ["lo"]);
  const socket = connect(9, "127.0.0.1");
  const [error] = await once(socket, "error");
  assert.equal(error.code, "ECONNREFUSED");
});

test("the environment is our own", () => {
  assert.equal(process.env.HOME, home);
  assert.ok(home.startsWith(root));
  for (const name of ["XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR"]) {
    assert.ok(process.env[name]?.startsWith(root), name);
  }
  assert.deepEqual(
    Object.keys(process.env).filter((name) => /TOKEN|KEY|SECRET|ANTHROPIC|CLAUDE|PROXY/i.test(name)),
    [],
  );
});

test("an orphan belongs to PID 1, which reaps it", async () => {
  const parent = spawn("bash", ["-c", "sleep 60 </dev/null >/dev/null 2>&1 & echo $!"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(/** @type {import('node:stream').Readable} */ (parent.stdout), "data");
  await once(parent, "exit");
  const orphan = Number(String(line));
  assert.equal((await processFacts(orphan))?.ppid, 1);
  process.kill(orphan, "SIGKILL");
  await whenGone(orphan);
  // Reaped, not left as a zombie; bash needs a moment.
  for (let i = 0; i < 50 && (await processFacts(orphan)); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await processFacts(orphan), null);
});
