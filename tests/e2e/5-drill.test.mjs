// The drill as a user runs it: from the palette, with a real freeze, and the measured times shown in the window.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { prepare, startLifeline, times } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

const inside = await enterNamespace(import.meta.url, { prepare });

/** @type {Awaited<ReturnType<typeof startLifeline>>} */
let lifeline;
before(async () => {
  lifeline = await startLifeline(inside);
});
after(() => lifeline?.stop());

test("Run Recovery Drill freezes the window for real, and shows how long everything took", {
  timeout: 240_000,
}, async (t) => {
  const { window, host, hosts, journal } = lifeline;
  await window.openFile("notes.md");
  await window.typeInEditor("unsaved words ");
  await window.runCommand("Run Recovery Drill");
  const asked = await window.whenModal();
  t.diagnostic(`it asks: ${asked.message} [${asked.buttons.join(" | ")}]`);
  t.diagnostic(`picture: ${await window.screenshot("drill-asks")}`);
  await window.answerModal(asked.buttons.find((button) => /deadlock/i.test(button)) ?? asked.buttons[0]);

  const incident = await journal.ended(host.pid, "recovered");
  t.diagnostic(times(incident));
  assert.equal(incident.cause, "drill");
  await hosts.next({ not: [host.pid] });
  const toast = await window.notification(/drill/i);
  t.diagnostic(`the window says: ${toast.text}`);
  const status = await window.statusOf("lifeline-dev.lifeline.status");
  t.diagnostic(`status bar: ${status?.text}`);
  assert.ok(status);
  t.diagnostic(`picture: ${await window.screenshot("drill")}`);
  await toast.press("Show Details");
  const details = window.webview();
  await details.locator("h1").waitFor();
  t.diagnostic(`picture: ${await window.screenshot("drill-details")}`);
  assert.match(
    (await details.locator("body").textContent()) ?? "",
    /worker thread runs, but the main thread's counter/,
  );
});

test("lifeline drill does the same from a terminal", { timeout: 240_000 }, async (t) => {
  const { hosts } = lifeline;
  const host = await hosts.current();
  assert.ok(host);
  const refused = await lifeline.cli("drill");
  assert.equal(refused.code, 2, "without a terminal it does not ask, and does nothing");
  const drill = await lifeline.cli("drill", "--kind", "busy-loop", "--yes");
  t.diagnostic(drill.stdout + drill.stderr);
  assert.equal(drill.code, 0);
  await hosts.next({ not: [host.pid] });
});
