// The real CLI in a terminal keeps its connection to the IDE over crashes of the extension host, a page reload and a crash of the daemon; without Lifeline it loses it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { ensureClaudeCli } from "../../scripts/lib/claude-code.mjs";
import { ideHandshake, ideLocks, whenIdeLock } from "./harness/claude.mjs";
import { MAY_USE_IDE, startCli, TERMINAL_SETTINGS } from "./harness/claude-cli.mjs";
import { startFakeApi } from "./harness/fake-api.mjs";
import { whenGone } from "./harness/host.mjs";
import { elapse, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { startPlainWindow } from "./harness/plain-window.mjs";

/** From the kill of the host until the CLI is connected again (the issue). */
const BACK_WITHIN_SECONDS = 5;
/** From the kill of the daemon (the issue). */
const BACK_AFTER_DAEMON_SECONDS = 10;

const inside = await enterNamespace(import.meta.url, {
  prepare: async () => ({
    ...(await prepare()),
    cli: await ensureClaudeCli(),
    runs: Number(process.env.LIFELINE_CONTINUITY_RUNS ?? 1),
  }),
});
const { root, home, prepared } = inside;
const skip = prepared.claude.reason ?? prepared.cli.reason ?? false;
const executable = /** @type {string} */ (prepared.cli.executable);

/** @type {import('./harness/fake-api.mjs').FakeApi} */
let api;
before(async () => {
  api = await startFakeApi();
});
after(() => api?.stop());

/** Half a second after a prompt the extension takes the focus to the terminal, and so closes the palette (1.0.88, measured). */
const focusIsTaken = () => elapse(2_000);

/** @param {import('./harness/claude-cli.mjs').ClaudeCli} cli */
const eventsOf = async (cli) => (await cli.connectionEvents()).map((event) => event.kind);

test("without Lifeline a crash of the host leaves the CLI disconnected for ever", {
  skip,
  timeout: 120_000,
}, async (t) => {
  const plain = await startPlainWindow(inside, { settings: TERMINAL_SETTINGS });
  t.after(plain.stop);
  await whenIdeLock(home);
  const options = {
    executable,
    root,
    home,
    folder: plain.folder,
    apiUrl: api.url,
    name: "stranded",
    args: MAY_USE_IDE,
  };
  const cli = await startCli(plain.window, options);
  await cli.connected();
  // Cut while it is still asking for the list of tools, it would not even try again (FACTS section 3).
  assert.equal((await cli.askIde(api, "before the crash")).isError, false);
  process.kill(plain.host.pid, "SIGKILL");
  await plain.hosts.next({ not: [plain.host.pid] });
  t.diagnostic((await cli.whenConnection("gaveUp", { atMostMs: 60_000 })).text);
});

test("with it", { skip, timeout: 240_000 + prepared.runs * 120_000 }, async (t) => {
  const before = (await ideLocks(home)).map((lock) => lock.port);
  const lifeline = await startLifeline(inside, { settings: TERMINAL_SETTINGS });
  t.after(() => lifeline.stop());
  const { window, hosts, folder } = lifeline;
  /** @type {import('./harness/host.mjs').Host} */
  let host = lifeline.host;
  // Before there is a CLI: each prompt makes the extension take the focus to the terminal.
  await window.openFile("notes.md");
  const known = [...before];
  let lock = await whenIdeLock(home, { notPorts: known });
  known.push(lock.port);
  const start = (/** @type {string} */ name) =>
    startCli(window, { executable, root, home, folder, apiUrl: api.url, name, args: MAY_USE_IDE });

  /** Kills the host, as a crash would; returns when the kill was. */
  const crash = async () => {
    const { pid } = host;
    await lifeline.journal.settled(pid);
    const at = Date.now();
    process.kill(pid, "SIGKILL");
    host = await hosts.next({ not: [pid] });
    lock = await whenIdeLock(home, { notPorts: known });
    known.push(lock.port);
    return at;
  };
  /** A page reload: another window for VS Code, with a fresh budget of crashes. */
  const reload = async () => {
    const { pid } = host;
    await window.reload();
    host = await hosts.next({ not: [pid] });
    lock = await whenIdeLock(home, { notPorts: known });
    known.push(lock.port);
    await lifeline.journal.attached(host.pid, "main");
  };

  /** @type {import('./harness/claude-cli.mjs').ClaudeCli} */
  let cli = await start("cli");
  await t.test("after the first crash it is connected again within 5 s, and the IDE's tools answer", async (t) => {
    await cli.connected();
    assert.equal(cli.port, lock.port);
    assert.equal((await cli.askIde(api, "before the crash")).isError, false);
    const seen = (await eventsOf(cli)).length;
    const at = await crash();
    const back = await cli.whenConnection("connected", { from: seen });
    const seconds = (back.at - at) / 1000;
    t.diagnostic(`back after ${seconds.toFixed(1)} s: ${(await eventsOf(cli)).slice(seen).join(" ")}`);
    assert.ok(seconds <= BACK_WITHIN_SECONDS, `wanted: ${BACK_WITHIN_SECONDS} s`);
    assert.notEqual(lock.port, cli.port, "the new host listens elsewhere");
    const answer = await cli.askIde(api, "after the crash");
    assert.equal(answer.isError, false, answer.text);

    const { stdout } = await lifeline.cli("status", "--format", "json");
    const socket = JSON.parse(stdout).sockets.find((/** @type {any} */ one) => one.port === cli.port);
    assert.deepEqual([socket.bridged, socket.leadsTo, socket.clientPids], [true, lock.port, [cli.pid]]);
    t.diagnostic(`lifeline status:\n${(await lifeline.cli("status")).stdout}`);
  });

  await t.test("the selection reaches it, and a diff opens in the editor", async (t) => {
    await window.page.locator(".view-lines").first().click();
    await window.page.keyboard.press("ControlOrMeta+A");
    await cli.terminal.whenShows(/line selected|notes\.md/);

    const file = path.join(folder, "notes.md");
    const write = { name: "Write", input: { file_path: file, content: "# Notes\nWritten through the bridge.\n" } };
    api.on(
      "write it",
      { text: "I read it first.", tools: [{ name: "Read", input: { file_path: file } }] },
      { times: 1 },
    );
    const isRead = (/** @type {import('./harness/fake-api.mjs').ApiRequest} */ request) =>
      request.isTurn && request.toolResults.some((result) => /# Notes/.test(result.text));
    api.on(isRead, { text: "Now I write.", tools: [write] }, { times: 1 });
    await cli.prompt("write it");
    const diff = window.page.locator(".tab", { hasText: /Claude Code.*notes\.md|notes\.md.*Claude/ });
    await diff.first().waitFor({ timeout: 30_000 });
    t.diagnostic(`picture: ${await window.screenshot("diff-through-the-bridge")}`);
    await cli.terminal.press("Enter");
    await cli.idle();
    assert.match(await readFile(file, "utf8"), /Written through the bridge/);
  });

  await t.test("a wrong token is refused and counted, and nobody is disturbed", async () => {
    const seen = await eventsOf(cli);
    await assert.rejects(ideHandshake(cli.port, { token: "00000000-0000-4000-8000-000000000000" }), /401/);
    const { stdout } = await lifeline.cli("status", "--format", "json");
    const socket = JSON.parse(stdout).sockets.find((/** @type {any} */ one) => one.port === cli.port);
    assert.equal(socket.refused, 1);
    assert.deepEqual(await eventsOf(cli), seen);
  });

  await t.test(
    "a second CLI in the window has the IDE to itself, and the first one has it back afterwards",
    async () => {
      const seen = await eventsOf(cli);
      await focusIsTaken();
      const second = await start("second");
      await second.connected();
      assert.equal((await second.askIde(api, "from the second")).isError, false);
      // Otherwise they push each other out every 2 s (measured).
      await elapse(8_000);
      assert.deepEqual(await eventsOf(second), ["connecting", "connected"]);
      assert.deepEqual(await eventsOf(cli), seen);
      assert.equal((await second.askIde(api, "from the second, still")).isError, false);
      await focusIsTaken();
      await window.runCommand("Terminal: Kill the Active Terminal Instance");
      await whenGone(second.pid);
      // It looks every 5 s.
      await elapse(6_000);
      assert.equal((await cli.askIde(api, "from the first again")).isError, false);
      assert.deepEqual(await eventsOf(cli), seen);
    },
  );

  await t.test("the second crash and a page reload are not noticed", async () => {
    const seen = await eventsOf(cli);
    await crash();
    assert.equal((await cli.askIde(api, "after the second crash")).isError, false);
    assert.deepEqual(await eventsOf(cli), seen);
    await reload();
    const answer = await cli.askIde(api, "after the reload");
    assert.equal(answer.isError, false, answer.text);
    assert.deepEqual(await eventsOf(cli), seen);
  });

  await t.test("the daemon is killed, and it is connected again within 10 s", async (t) => {
    const seen = (await eventsOf(cli)).length;
    const at = Date.now();
    process.kill(await lifeline.daemonPid(), "SIGKILL");
    const back = await cli.whenConnection("connected", { from: seen });
    const seconds = (back.at - at) / 1000;
    t.diagnostic(`back after ${seconds.toFixed(1)} s: ${(await eventsOf(cli)).slice(seen).join(" ")}`);
    assert.ok(seconds <= BACK_AFTER_DAEMON_SECONDS, `wanted: ${BACK_AFTER_DAEMON_SECONDS} s`);
    const answer = await cli.askIde(api, "after the daemon's crash");
    assert.equal(answer.isError, false, answer.text);
  });

  for (let run = 2; run <= prepared.runs; run++) {
    await t.test(`run ${run} of ${prepared.runs}: back within 5 s`, async (t) => {
      await focusIsTaken();
      await window.runCommand("Terminal: Kill the Active Terminal Instance");
      await reload();
      cli = await start(`cli-${run}`);
      await cli.connected();
      assert.equal((await cli.askIde(api, `before crash ${run}`)).isError, false);
      const seen = (await eventsOf(cli)).length;
      const at = await crash();
      const back = await cli.whenConnection("connected", { from: seen });
      const seconds = (back.at - at) / 1000;
      t.diagnostic(`back after ${seconds.toFixed(1)} s`);
      assert.ok(seconds <= BACK_WITHIN_SECONDS, `wanted: ${BACK_WITHIN_SECONDS} s`);
      assert.equal((await cli.askIde(api, `after crash ${run}`)).isError, false);
    });
  }
});
