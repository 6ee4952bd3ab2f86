// The connection report as a user asks for it: from the palette, in a panel, saved and copied from there, and still of use after the host was killed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { whenFolder } from "./harness/events.mjs";
import { elapse, isAlive, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";
import { writeTranscripts } from "./harness/transcripts.mjs";
import { writeSettings } from "./harness/vscode.mjs";

const inside = await enterNamespace(import.meta.url, { prepare });
const { root, home } = inside;
const SECRET_FOLDER = "/home/somebody/acme-secret-project";
/** A report of a small corpus by a debug build, on a machine that has other things to do. */
const REPORT_MS = 60_000;

/** @type {Awaited<ReturnType<typeof startLifeline>>} */ let lifeline;
/** @type {Awaited<ReturnType<typeof writeTranscripts>>} */ let truth;
before(async () => {
  truth = await writeTranscripts(home, { now: Date.now(), folder: SECRET_FOLDER });
  lifeline = await startLifeline(inside, { settings: { "workbench.colorTheme": "Default Dark Modern" } });
});
after(() => lifeline?.stop());

/** What the panel shows, once it shows this. @param {string | RegExp} text */
async function panelShows(text) {
  const body = lifeline.window.webview().locator("body");
  await body.filter({ hasText: text }).waitFor({ timeout: REPORT_MS });
  return ((await body.textContent()) ?? "").replace(/\s+/g, " ");
}

const tab = (/** @type {string} */ title) => lifeline.window.page.locator(".tabs-container .tab", { hasText: title });
const action = (/** @type {string} */ title) =>
  lifeline.window.page.locator(`.editor-group-container.active .editor-actions [aria-label^="${title}"]`);
const statusSays = (/** @type {string} */ text) =>
  lifeline.window.page.locator(".part.statusbar", { hasText: text }).waitFor({ timeout: REPORT_MS });
const clipboard = () => lifeline.window.page.evaluate(() => navigator.clipboard.readText());

/** While the transcripts are away. @param {() => Promise<void>} work */
async function hidden(work) {
  const [projects, away] = ["projects", "hidden"].map((name) => path.join(home, ".claude", name));
  await rename(projects, away);
  await work();
  await rename(away, projects);
}

/** Saves with the title's button, into a file of this name. @param {string} name */
async function save(name) {
  const { page } = lifeline.window;
  await action("Save Report").click();
  const input = page.locator(".quick-input-widget input.input");
  // The dialog writes its own proposal there when it has read the folder.
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "notes.md" }).waitFor();
  await page.waitForFunction(() =>
    /connection-report-[-\d]+\.html$/.test(document.querySelector(".quick-input-widget input.input")?.value ?? ""),
  );
  const file = path.join(lifeline.folder, name);
  await input.fill(file);
  await input.press("Enter");
  return file;
}

test("the palette asks for the span, and the panel shows its figures, in any theme", {
  timeout: 300_000,
}, async (t) => {
  const { window } = lifeline;
  await window.runCommand("Lifeline: Connection Report");
  const offered = await lifeline.window.pick("Everything");
  assert.deepEqual(offered.length, 4, offered.join(", "));
  assert.match(offered[0], /^Everything/);
  const shown = await panelShows("What it may come from");
  for (const told of [`${truth.errors}API errors`, `${truth.turnsDied}turns died`, "ECONNRESET", "overloaded_error"]) {
    assert.ok(shown.includes(told), `${told} in ${shown}`);
  }
  assert.ok(!(await window.webview().locator("html").innerHTML()).includes("acme"), "it names nobody's project");
  await tab("Connection Report").waitFor();

  await reads("vscode-dark");
  t.diagnostic(`picture: ${await window.screenshot("report-dark")}`);
  await window.webview().locator("figure").nth(1).scrollIntoViewIfNeeded();
  t.diagnostic(`picture: ${await window.screenshot("report-plots")}`);
  await leadsTo("H9");
  t.diagnostic(`picture: ${await window.screenshot("report-hypothesis")}`);
  await window.runCommand("Preferences: Toggle between Light/Dark Themes");
  await reads("vscode-light");
  await window.webview().locator("h1").scrollIntoViewIfNeeded();
  t.diagnostic(`picture: ${await window.screenshot("report-light")}`);
});

/** A link of the page leads to what it names, without a script. @param {string} id */
async function leadsTo(id) {
  const place = lifeline.window.webview().locator(`#${id}`);
  const isSeen = () =>
    place.evaluate((element) => {
      const { top } = element.getBoundingClientRect();
      return top >= 0 && top < window.innerHeight;
    });
  const link = lifeline.window.webview().locator(`a[href="#${id}"]`);
  await link.scrollIntoViewIfNeeded();
  assert.ok(!(await isSeen()), `${id} is seen beside the link to it`);
  await link.click();
  for (const until = performance.now() + 10_000; !(await isSeen()); await elapse(50)) {
    assert.ok(performance.now() < until, `${id} is not seen`);
  }
}

/** The panel has the theme's ground, and its ink can be read there. @param {string} kind of theme, as VS Code tells webviews */
async function reads(kind) {
  const body = lifeline.window.webview().locator(`body[data-vscode-theme-kind="${kind}"]`);
  await body.waitFor();
  const { ink, ground, card, muted } = await body.evaluate((element) => {
    const tile = element.querySelector(".tile");
    const note = element.querySelector(".muted");
    if (!tile || !note) throw new Error("there is no tile, or no note");
    return {
      ink: getComputedStyle(element).color,
      ground: getComputedStyle(element).backgroundColor,
      card: getComputedStyle(tile).backgroundColor,
      muted: getComputedStyle(note).color,
    };
  });
  assert.ok(contrast(ink, ground) >= 7, `${kind}: ${ink} on ${ground}`);
  assert.ok(contrast(ink, card) >= 7, `${kind}: ${ink} on ${card}`);
  assert.ok(contrast(muted, ground) >= 4.5, `${kind}: ${muted} on ${ground}`);
}

test("Copy puts Markdown into the clipboard, Save writes what the command line prints", {
  timeout: 300_000,
}, async () => {
  await action("Copy Report as Markdown").click();
  await statusSays("the report is in the clipboard");
  const printed = async (/** @type {string} */ format) =>
    (await lifeline.cli("report", "--format", format)).stdout.trim();
  assert.equal((await clipboard()).trim(), await printed("markdown"));
  assert.match(await clipboard(), /\| ECONNRESET \| \d+ \|/);

  for (const [name, format] of [
    ["report.html", "html"],
    ["report.md", "markdown"],
    ["report.json", "json"],
  ]) {
    const file = await save(name);
    await statusSays("the report is saved");
    assert.equal((await readFile(file, "utf8")).trim(), await printed(format), name);
    await statusIsQuiet();
  }
});

/** The word about what was done has gone, so that the next is news. */
async function statusIsQuiet() {
  await lifeline.window.page.locator(".part.statusbar", { hasText: "the report is" }).waitFor({ state: "detached" });
}

test("a shorter span has its own title and figures; Refresh reads anew", { timeout: 300_000 }, async (t) => {
  const { window } = lifeline;
  await window.runCommand("Lifeline: Connection Report");
  await lifeline.window.pick("Last 24 Hours");
  await tab("Connection Report: Last 24 Hours").waitFor({ timeout: REPORT_MS });
  await panelShows(`${truth.errorsOfLastDay}API errors`);
  assert.equal(await tab("Connection Report").count(), 1, "one panel");
  await hidden(async () => {
    await action("Refresh Report").click();
    await panelShows("No transcripts were found");
    t.diagnostic(`picture: ${await window.screenshot("report-empty")}`);
  });
  await action("Refresh Report").click();
  await panelShows(`${truth.errorsOfLastDay}API errors`);
});

test("the panel is rebuilt after a reload, and of use after its host was killed", { timeout: 300_000 }, async (t) => {
  const { window, hosts, journal } = lifeline;
  const known = await hosts.current();
  assert.ok(known);
  await writeSettings(path.join(root, "user"), { "workbench.colorTheme": "Default High Contrast" });
  await window.reload();
  const reloaded = await hosts.next({ not: [known.pid] });
  await panelShows(`${truth.errorsOfLastDay}API errors`);
  await reads("vscode-high-contrast");
  await tab("Connection Report: Last 24 Hours").waitFor();

  process.kill(reloaded.pid, "SIGKILL");
  const host = await hosts.next({ not: [known.pid, reloaded.pid] });
  await journal.attached(host.pid, "main");
  t.diagnostic(`picture: ${await window.screenshot("report-after-kill")}`);
  await action("Copy Report as Markdown").click();
  await statusSays("the report is in the clipboard");
  assert.match(await clipboard(), /Claude Code: connection report/);
  // What it shows was shown before: something new tells that it is alive.
  await hidden(async () => {
    await action("Refresh Report").click();
    await panelShows("No transcripts were found");
  });
  await action("Refresh Report").click();
  await panelShows(`${truth.errorsOfLastDay}API errors`);
  assert.equal(await tab("Connection Report").count(), 1, "one panel");
});

test("what the daemon notices of this machine's network stands beside the errors", { timeout: 120_000 }, async () => {
  const ip = (/** @type {string} */ words) => execFileSync("ip", words.split(" "));
  const file = path.join(lifeline.stateDir, "network.jsonl");
  const noted = (/** @type {string[]} */ ...changes) => {
    const look = async () => {
      const text = await readFile(file, "utf8").catch(() => "");
      const notes = text.split("\n").filter(Boolean);
      return notes.map((line) => JSON.parse(line).what).join() === changes.join();
    };
    return whenFolder(lifeline.stateDir, look, { what: `noted: ${changes}` });
  };
  ip("link add out0 type veth peer name out1");
  ip("addr add 198.51.100.2/24 dev out0");
  ip("link set out0 up");
  ip("link set out1 up");
  ip("route add default via 198.51.100.1 dev out0");
  await noted("back");
  ip("route replace default via 198.51.100.3 dev out0");
  await noted("back", "changed");
  ip("link set out0 down");
  await noted("back", "changed", "lost");
  const { linkEvents } = JSON.parse((await lifeline.cli("report", "--format", "json")).stdout);
  assert.deepEqual(linkEvents.noticedBy, ["lifeline"]);
  assert.deepEqual(linkEvents.byCode.map((/** @type {{code: string}} */ by) => by.code).sort(), [
    "NETWORK_BACK",
    "NETWORK_CHANGED",
    "NETWORK_LOST",
  ]);
});

test("progress can be cancelled, and what goes wrong is told with the next step", { timeout: 300_000 }, async (t) => {
  const { window, binary } = lifeline;
  const real = `${binary}-real`;
  await rename(binary, real);
  t.after(async () => {
    await rm(binary, { force: true });
    await rename(real, binary);
  });
  const standIn = (/** @type {string} */ script) => writeFile(binary, `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  await toastsAreShown();
  const note = path.join(root, "reading");
  await standIn(`echo $$ > ${note}; echo '{"read":312000000,"all":1100000000}' >&2; exec sleep 600`);
  await action("Refresh Report").click();
  const reading = await window.notification("Reading transcripts: 312 MB of 1.1 GB");
  t.diagnostic(`picture: ${await window.screenshot("report-progress")}`);
  const pid = Number(await readFile(note, "utf8"));
  await reading.press("Cancel");
  for (const until = performance.now() + 10_000; await isAlive(pid); await elapse(50)) {
    assert.ok(performance.now() < until, "the child is still there");
  }
  await panelShows(`${truth.errorsOfLastDay}API errors`);

  await toastsAreShown();
  await standIn("echo 'It is not known where the transcripts are. Name their folder.' >&2; exit 1");
  await action("Refresh Report").click();
  await (await window.notification("Lifeline: It is not known where the transcripts are.")).dismiss();

  await toastsAreShown();
  await rm(binary);
  await action("Refresh Report").click();
  const missing = await window.notification("Install the Lifeline extension again");
  t.diagnostic(`picture: ${await window.screenshot("report-missing")}`);
  await missing.dismiss();
});

/** VS Code shows three new toasts within 0.8 s, and no more; nothing tells when it would show another one. */
const toastsAreShown = () => elapse(1_000);

/** Contrast of two colours by WCAG 2, 1 to 21. @param {string} a @param {string} b `rgb(…)` */
function contrast(a, b) {
  const luminance = (/** @type {string} */ colour) => {
    const [red, green, blue] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
