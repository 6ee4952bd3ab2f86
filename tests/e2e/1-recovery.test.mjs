// Three freezes within five minutes, default settings: two recoveries, then a refusal that is told everywhere.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { whenIdeLock } from "./harness/claude.mjs";
import { isAlive, prepare, startLifeline, times } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

const inside = await enterNamespace(import.meta.url, { prepare });

/** @type {Awaited<ReturnType<typeof startLifeline>>} */
let lifeline;
before(async () => {
  lifeline = await startLifeline(inside);
});
after(() => lifeline?.stop());

/** The host that the last test left behind. @type {{pid: number}} */
let host;

/** The incident knows which function of which extension it was. @param {any} incident @param {string} name */
function blames(incident, name) {
  const { culprit } = incident;
  assert.ok(culprit, "there is a culprit");
  assert.equal(culprit.extension_id, "lifeline-test.faults");
  assert.equal(culprit.function, name);
  assert.equal(culprit.file, "faults.js");
}

test("a deadlocked host is recovered; unsaved text, tabs and Claude Code are there again", {
  timeout: 200_000,
}, async (t) => {
  const { window, hosts, journal } = lifeline;
  host = lifeline.host;
  const lock = inside.prepared.claude.folder ? await whenIdeLock(inside.home) : null;
  await window.openFile("notes.md");
  await window.typeInEditor("unsaved words ");
  await journal.when((line) => line.event?.context?.risks.dirty_documents === 1, {
    what: "the dirty document is reported",
  });

  await hosts.inject("deadlock", {}, { pid: host.pid });
  const incident = await journal.ended(host.pid, "recovered");
  t.diagnostic(times(incident));
  assert.equal(incident.verdict, "deadlock");
  assert.equal(incident.snapshot, true);
  assert.equal(await isAlive(host.pid), false);
  const next = await hosts.next({ not: [host.pid] });
  assert.equal(incident.new_host.pid, next.pid);
  assert.match(await window.editorText(), /unsaved words/);
  if (lock) {
    await whenIdeLock(inside.home, { notPorts: [lock.port] });
    t.diagnostic("Claude Code listens again");
  } else t.diagnostic(`without Claude Code: ${inside.prepared.claude.reason}`);

  blames(incident, "deadlock");
  const toast = await window.notification(/frozen/);
  t.diagnostic(`the window says: ${toast.text.split("\n")[0]}`);
  assert.match(toast.text, /lifeline-test\.faults.+deadlock.+faults\.js:\d+/, "it names the culprit");
  t.diagnostic(`picture: ${await window.screenshot("recovered")}`);
  await toast.dismiss();

  const [snapshot] = await readdir(path.join(lifeline.stateDir, "snapshots"));
  const content = JSON.parse(await readFile(path.join(lifeline.stateDir, "snapshots", snapshot), "utf8"));
  assert.ok(
    content.context.dirtyDocuments.some((/** @type {string} */ uri) => uri.endsWith("/notes.md")),
    "the snapshot knows the unsaved file",
  );
  const shown = await lifeline.cli("snapshots", "show", snapshot.replace(".json", ""));
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /notes\.md/);
  host = next;
});

test("a busy loop is recovered", { timeout: 200_000 }, async (t) => {
  const { window, hosts, journal } = lifeline;
  await journal.settled(host.pid);
  await hosts.inject("busyLoop", {}, { pid: host.pid });
  const incident = await journal.ended(host.pid, "recovered");
  t.diagnostic(times(incident));
  assert.equal(incident.verdict, "spinning");
  const next = await hosts.next({ not: [host.pid] });
  assert.equal(incident.new_host.pid, next.pid);
  assert.match(await window.editorText(), /unsaved words/);
  blames(incident, "spin");
  const toast = await window.notification(/frozen/);
  t.diagnostic(`the window says: ${toast.text.split("\n")[0]}`);
  assert.match(toast.text, /lifeline-test\.faults.+spin.+faults\.js:\d+/, "it names the culprit");
  t.diagnostic(`picture: ${await window.screenshot("culprit")}`);
  await toast.dismiss();
  host = next;
});

test("every kill carries two witnesses, comes after its snapshot, and the journal replays", async (t) => {
  const lines = await lifeline.journal.lines();
  const kills = lines.filter((line) => line.decision?.killHost);
  assert.equal(kills.length, 2);
  for (const {
    decision: { killHost },
  } of kills) {
    const saved = lines.findIndex((line) => line.event?.snapshotSaved?.incident === killHost.incident);
    assert.ok(saved >= 0 && saved < lines.findIndex((line) => line.decision?.killHost === killHost));
    assert.ok(killHost.evidence.length >= 2);
  }
  for (const name of await readdir(lifeline.journal.folder)) {
    const replayed = await lifeline.cli("replay", path.join(lifeline.journal.folder, name));
    assert.equal(replayed.code, 0, replayed.stdout + replayed.stderr);
    t.diagnostic(replayed.stdout.trim().split("\n").at(-1) ?? "");
  }
});

test("a third freeze is left alone, and that is told: on the desktop, in the status, and in the window after a reload", {
  timeout: 240_000,
}, async (t) => {
  const { window, hosts, journal } = lifeline;
  await journal.settled(host.pid);
  await hosts.inject("deadlock", {}, { pid: host.pid });
  const incident = await journal.ended(host.pid, "refused");
  assert.equal(incident.reason, "refusedBudget");
  t.diagnostic(`the desktop says: ${(await lifeline.whenNotified(/twice within five minutes/)).split("\n")[1]}`);
  assert.equal(await isAlive(host.pid), true);
  assert.equal((await journal.kills()).length, 2);

  const status = await lifeline.cli("status");
  assert.equal(status.code, 1);
  assert.match(status.stdout, /twice within five minutes/);
  t.diagnostic(`lifeline status:\n${status.stdout}`);

  await window.reload();
  const next = await hosts.next({ not: [host.pid] });
  const toast = await window.notification(/Reload Window|third time/);
  t.diagnostic(`after the reload the window says: ${toast.text.split("\n")[0]}`);
  t.diagnostic(`picture: ${await window.screenshot("refused-then-reloaded")}`);
  assert.notEqual(next.pid, host.pid);
  assert.equal((await journal.kills()).length, 2);
});
