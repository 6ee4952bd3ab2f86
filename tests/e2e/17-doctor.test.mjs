// The doctor and "Explain an Error" as a user meets them: real faults in the home are found, shown as a diff, repaired and gone; what is not right is refused.
import assert from "node:assert/strict";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { startFakeApi } from "./harness/fake-api.mjs";
import { elapse, prepare, startLifeline } from "./harness/lifeline.mjs";
import { enterNamespace } from "./harness/namespace.mjs";

const inside = await enterNamespace(import.meta.url, { prepare });
const { root, home } = inside;
/** A look of a debug build, on a machine that has other things to do. */
const LOOK_MS = 60_000;

const claudeSettings = path.join(home, ".claude", "settings.json");
/** Somebody's own way to write it: a repair leaves the rest as it is. */
const FAULTY = `{
    "permissions": { "allow": ["Bash(ls)"] },
    "env": {
        "API_TIMEOUT_MS": "1000"
    }
}
`;
const PROXY = "http://me:hunter2@127.0.0.1:3128";
const ANSI_ERROR =
  "\u001b[31m  ⎿  API Error: Connection lost mid-response.\u001b[39m The response above may be incomplete.\n    at read (ECONNRESET)\n";

/** @type {Awaited<ReturnType<typeof startLifeline>>} */ let lifeline;
before(async () => {
  await mkdir(path.dirname(claudeSettings), { recursive: true });
  await writeFile(claudeSettings, FAULTY);
  lifeline = await startLifeline(inside, {
    settings: {
      "http.proxy": "http://127.0.0.1:3128",
      "http.proxySupport": "off",
      "workbench.colorTheme": "Default Dark Modern",
    },
    env: { HTTPS_PROXY: PROXY },
  });
  await writeFile(path.join(lifeline.folder, "build.log"), ANSI_ERROR);
  await writeFile(
    path.join(lifeline.folder, "overloaded.log"),
    "\u001b[31mAPI Error: 529\u001b[0m\noverloaded_error\n",
  );
});
after(() => lifeline?.stop());

const rows = (/** @type {string | RegExp} */ text) =>
  lifeline.window.page
    .locator(".pane", { hasText: "Doctor" })
    .locator(".pane-body .monaco-list-row", { hasText: text });
const markers = (/** @type {string | RegExp} */ text) =>
  lifeline.window.page.locator(".markers-panel .monaco-list-row", { hasText: text });
const statusSays = (/** @type {string} */ text) =>
  lifeline.window.page.locator(".part.statusbar", { hasText: text }).waitFor({ timeout: LOOK_MS });
const clipboard = () => lifeline.window.page.evaluate(() => navigator.clipboard.readText());
const tab = (/** @type {string} */ title) => lifeline.window.page.locator(".tabs-container .tab", { hasText: title });

/** Takes the button of a row. @param {string | RegExp} row @param {string} action */
async function act(row, action) {
  await rows(row).first().hover();
  await rows(row).first().locator(`.action-label[aria-label^="${action}"]`).click();
}

/** What the program itself finds, as the editor has it told. @returns {Promise<any[]>} */
async function findings() {
  const facts = path.join(root, "editor.json");
  const settings = JSON.parse(await readFile(path.join(root, "user", "User", "settings.json"), "utf8"));
  await writeFile(facts, JSON.stringify({ settings, env: { HTTPS_PROXY: PROXY } }));
  const { stdout, stderr } = await lifeline.cli(
    "doctor",
    "--format",
    "json",
    "--editor",
    facts,
    "--folder",
    lifeline.folder,
  );
  assert.ok(stdout, stderr);
  return JSON.parse(stdout).findings;
}

/** What the preview shows, once it shows this. @param {string | RegExp} text */
async function documentShows(text) {
  const body = lifeline.window.webview().locator("body");
  await body.filter({ hasText: text }).waitFor({ timeout: LOOK_MS });
  return ((await body.textContent()) ?? "").replace(/\s+/g, " ");
}

test("the palette's Run Doctor finds the faults: in the view, and in Problems at their place", {
  timeout: 300_000,
}, async (t) => {
  const { window } = lifeline;
  await window.runCommand("Lifeline: Run Doctor");
  await rows("Warnings").waitFor({ timeout: LOOK_MS });
  // A list draws only the rows that it has room for.
  await window.page.locator(".pane-header", { hasText: "Sessions" }).click();
  await rows("API_TIMEOUT_MS is very short").waitFor();
  await rows("HTTPS_PROXY").first().waitFor();
  await rows("http.proxy").first().waitFor();
  t.diagnostic(`picture: ${await window.screenshot("doctor-found")}`);

  await rows("API_TIMEOUT_MS is very short").click();
  await rows("Why it matters").first().waitFor();
  await rows("To do").first().waitFor();
  t.diagnostic(`picture: ${await window.screenshot("doctor-finding")}`);

  await window.page.keyboard.press("ControlOrMeta+Shift+M");
  await markers("API_TIMEOUT_MS is very short").waitFor();
  t.diagnostic(`picture: ${await window.screenshot("doctor-problems")}`);
  assert.ok(!(await rows(/./).allTextContents()).join().includes("hunter2"), "no password is shown");
});

test("Fix It shows the change, and does it only when it is applied", { timeout: 300_000 }, async (t) => {
  const { window } = lifeline;
  const before = await readFile(claudeSettings, "utf8");
  await act("HTTPS_PROXY", "Fix It");
  await tab("settings.json: what Lifeline would change").waitFor({ timeout: LOOK_MS });
  const asked = await window.whenModal({ atMostMs: LOOK_MS });
  assert.match(asked.message, /Change settings\.json as shown\?/);
  assert.ok(asked.detail.includes(claudeSettings), asked.detail);
  await window.page.locator(".monaco-diff-editor .view-line", { hasText: "NO_PROXY" }).first().waitFor();
  t.diagnostic(`picture: ${await window.screenshot("doctor-diff")}`);
  await window.answerModal("Cancel");
  await tab("what Lifeline would change").waitFor({ state: "detached" });
  assert.equal(await readFile(claudeSettings, "utf8"), before, "nothing was changed");

  await act("HTTPS_PROXY", "Fix It");
  await window.whenModal({ atMostMs: LOOK_MS });
  await window.answerModal("Apply");
  const said = await window.notification(/To undo it/, { atMostMs: LOOK_MS });
  t.diagnostic(said.text);
  await rows("HTTPS_PROXY").waitFor({ state: "detached", timeout: LOOK_MS });
  const after = JSON.parse(await readFile(claudeSettings, "utf8"));
  assert.match(after.env.NO_PROXY, /127\.0\.0\.1/);
  assert.deepEqual(after.permissions, JSON.parse(FAULTY).permissions);
  assert.ok((await readFile(claudeSettings, "utf8")).includes(`    "permissions": { "allow": ["Bash(ls)"] },\n`));
  await said.dismiss();
});

test("a setting of VS Code is changed here, after a question with both values", { timeout: 300_000 }, async (t) => {
  const { window } = lifeline;
  await act("http.proxy", "Fix It");
  const asked = await window.whenModal();
  assert.match(asked.message, /Change the setting http\.noProxy\?/);
  assert.match(asked.detail, /Now: not set.*Then: \["?.*127\.0\.0\.1/s);
  t.diagnostic(`picture: ${await window.screenshot("doctor-setting")}`);
  await window.answerModal("Apply");
  await rows("http.proxy").waitFor({ state: "detached", timeout: LOOK_MS });
  const settings = JSON.parse(await readFile(path.join(root, "user", "User", "settings.json"), "utf8"));
  assert.ok(settings["http.noProxy"].includes("localhost"));
});

test("the quick fix in the file; unsaved changes there are not overwritten; then nothing of it is left", {
  timeout: 300_000,
}, async (t) => {
  const { window } = lifeline;
  await markers("API_TIMEOUT_MS is very short").dblclick();
  await window.page.locator(".tab.active", { hasText: "settings.json" }).waitFor();
  // The list has the focus, or not any more.
  await window.page.locator(".editor-instance .view-line", { hasText: "API_TIMEOUT_MS" }).click();
  await window.page.keyboard.type(" ");
  await window.page.locator(".tab.dirty", { hasText: "settings.json" }).waitFor();
  await act("API_TIMEOUT_MS", "Fix It");
  const refused = await window.notification(/not saved\. Save it first/, { atMostMs: LOOK_MS });
  t.diagnostic(`picture: ${await window.screenshot("doctor-unsaved")}`);
  await refused.dismiss();
  assert.equal(await window.modal(), null);

  await window.typeInEditor("");
  await window.runCommand("File: Revert File");
  await window.page.locator(".tab.dirty").waitFor({ state: "detached" });
  // Right of the text: the cursor comes to its end, where the problem is.
  await window.page.locator(".editor-instance .view-line", { hasText: "API_TIMEOUT_MS" }).click();
  await window.page.keyboard.press("ControlOrMeta+.");
  const offered = window.page.locator(".action-widget .monaco-list-row", { hasText: "Lifeline: Set API_TIMEOUT_MS" });
  await offered.waitFor();
  t.diagnostic(`picture: ${await window.screenshot("doctor-quick-fix")}`);
  // It is chosen already, and nothing but the keyboard reaches it in every version.
  await window.page.keyboard.press("Enter");
  await window.whenModal({ atMostMs: LOOK_MS });
  t.diagnostic(`picture: ${await window.screenshot("doctor-quick-fix-diff")}`);
  await window.answerModal("Apply");
  await rows("API_TIMEOUT_MS is very short").waitFor({ state: "detached", timeout: LOOK_MS });
  await markers("API_TIMEOUT_MS").waitFor({ state: "detached" });
  // Whatever else this machine has is not of our making.
  const rest = (await findings()).filter(({ severity }) => severity !== "hint");
  if (rest.length === 0) await rows("Nothing is wrong").waitFor();
  else t.diagnostic(`this machine has: ${rest.map(({ id }) => id).join(", ")}`);
  t.diagnostic(`picture: ${await window.screenshot("doctor-repaired")}`);
  assert.deepEqual(
    rest.filter(({ id }) => /proxy|timeout/.test(id)),
    [],
  );
});

test("the report is in the clipboard, and tells nothing of whose machine it is", { timeout: 300_000 }, async () => {
  await lifeline.window.runCommand("Lifeline: Copy Doctor's Report as Markdown");
  await statusSays("the doctor's report is in the clipboard");
  const copied = await clipboard();
  assert.match(copied, /^#/m);
  for (const secret of ["hunter2", home, "sample-project"]) assert.ok(!copied.includes(secret), `${secret}: ${copied}`);
});

/** Selects all of a file. @param {string} name */
async function select(name) {
  await lifeline.window.openFile(name);
  await lifeline.window.typeInEditor("");
  await lifeline.window.page.keyboard.press("ControlOrMeta+A");
}

/** Puts the text of a file into the clipboard, and leaves nothing selected. @param {string} name */
async function copy(name) {
  await select(name);
  await lifeline.window.page.keyboard.press("ControlOrMeta+C");
  await lifeline.window.runCommand("View: Close All Editors");
}

test("an error is explained: from a selection, from the clipboard, and one that is not known", {
  timeout: 300_000,
}, async (t) => {
  const { window } = lifeline;
  await select("build.log");
  await window.runCommand("Lifeline: Explain an Error");
  const shown = await documentShows("What to do");
  assert.match(shown, /Did it cost tokens\?/);
  assert.match(shown, /API Error: Connection lost mid-response\. The response above may be incomplete\./);
  t.diagnostic(`picture: ${await window.screenshot("explained")}`);

  await copy("overloaded.log");
  await window.runCommand("Lifeline: Explain an Error");
  const input = window.page.locator(".quick-input-widget input.input");
  await window.page.waitForFunction(
    () => document.querySelector(".quick-input-widget input.input")?.value === "API Error: 529 overloaded_error",
  );
  await input.press("Enter");
  await documentShows(/overloaded/i);

  await copy("notes.md");
  await window.runCommand("Lifeline: Explain an Error");
  // The palette's own input is there a moment longer.
  await window.page.locator(".quick-input-title", { hasText: "Explain an Error" }).waitFor();
  assert.equal(await input.inputValue(), "");
  await input.fill("the cat sat on the keyboard");
  await input.press("Enter");
  await (await window.notification("does not know this error", { atMostMs: LOOK_MS })).dismiss();
  await documentShows("An error that Lifeline does not know");
});

/** Puts a script in the place of the program, until the test is over. @param {import("node:test").TestContext} t */
async function replaced(t) {
  const { binary } = lifeline;
  const real = `${binary}-real`;
  await rename(binary, real);
  t.after(async () => {
    await rm(binary, { force: true });
    await rename(real, binary);
  });
  return (/** @type {string} */ script) => writeFile(binary, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const diagnosis = (/** @type {unknown[]} */ findings) =>
  JSON.stringify({
    schema: "lifeline.doctor/1",
    findings,
    checks: [{ id: "a", title: "All of it", state: findings.length === 0 ? "ok" : "found" }],
  });

/** VS Code shows three new toasts within 0.8 s, and no more; nothing tells when it would show another one. */
const toastsAreShown = () => elapse(1_000);

test("a file is removed after a question that names it, and not when it has changed meanwhile", {
  timeout: 300_000,
}, async (t) => {
  const { window } = lifeline;
  const standIn = await replaced(t);
  const stale = path.join(root, "1234.lock");
  const [found, well] = ["found", "well"].map((name) => path.join(root, name));
  const repair = {
    id: "stale-lock:1234",
    label: "Remove the stale lock",
    kind: "removeFile",
    file: stale,
    setting: null,
  };
  await writeFile(stale, "{}");
  await writeFile(
    found,
    diagnosis([{ id: "stale-lock", severity: "warning", title: "Nobody listens at port 1234", repair }]),
  );
  await writeFile(well, diagnosis([]));
  const preview = `printf '{"file":"${stale}","before":"%s","after":null}' "$(cat ${stale})"`;
  const look = `if [ -e ${stale} ]; then cat ${found}; exit 1; else cat ${well}; fi`;
  const program = (/** @type {string} */ apply) =>
    standIn(`cat > /dev/null\ncase "$*" in\n*--preview*) ${preview} ;;\n*--yes*) ${apply} ;;\n*) ${look} ;;\nesac`);

  await program("echo 'The lock is not as it was found. Nothing was done.' >&2; exit 4");
  await window.runCommand("Lifeline: Run Doctor");
  await rows("port 1234").waitFor({ timeout: LOOK_MS });
  await act("port 1234", "Fix It");
  assert.match((await window.whenModal({ atMostMs: LOOK_MS })).message, /Remove 1234\.lock\?/);
  t.diagnostic(`picture: ${await window.screenshot("doctor-remove")}`);
  await window.answerModal("Remove");
  await (await window.notification("not as it was found. Nothing was done", { atMostMs: LOOK_MS })).dismiss();

  await program(`rm ${stale}; echo '1234.lock was removed. There is nothing to undo.'`);
  await act("port 1234", "Fix It");
  await window.whenModal({ atMostMs: LOOK_MS });
  await writeFile(stale, "another");
  await window.answerModal("Remove");
  await (await window.notification(/has changed meanwhile, so nothing was done/, { atMostMs: LOOK_MS })).dismiss();
  assert.equal(await readFile(stale, "utf8"), "another");

  await toastsAreShown();
  await act("port 1234", "Fix It");
  await window.whenModal({ atMostMs: LOOK_MS });
  await window.answerModal("Remove");
  await (await window.notification("1234.lock was removed", { atMostMs: LOOK_MS })).dismiss();
  await rows("Nothing is wrong").waitFor({ timeout: LOOK_MS });
});

test("Probe the Network names whom it contacts, and measures only when it may", { timeout: 300_000 }, async (t) => {
  const { window } = lifeline;
  const before = await readFile(claudeSettings, "utf8");
  const api = await startFakeApi();
  t.after(() => api.stop().catch(() => {}));
  await writeFile(
    claudeSettings,
    JSON.stringify({ env: { ANTHROPIC_BASE_URL: api.url, NO_PROXY: "localhost,127.0.0.1,::1" } }),
  );
  await window.runCommand("Lifeline: Probe the Network");
  const { message, detail, buttons } = await window.whenModal({ atMostMs: LOOK_MS });
  assert.equal(message, "Measure the network to the API?");
  assert.ok(detail.startsWith(`This contacts:• ${api.url}No credential is sent.`), detail);
  assert.ok(buttons.includes("Measure") && buttons.includes("Cancel"), buttons.join());
  t.diagnostic(`picture: ${await window.screenshot("probe-asks")}`);
  await window.answerModal("Cancel");
  assert.equal(api.requests.length, 0, "nothing was sent");

  await window.runCommand("Lifeline: Probe the Network");
  await window.whenModal({ atMostMs: LOOK_MS });
  await window.answerModal(/^Measure$/);
  await tab("Network.txt").waitFor({ timeout: LOOK_MS });
  const text = window.page.locator(".editor-instance .view-lines", { hasText: "The API, direct, IPv4: 5 of 5 well" });
  await text.waitFor();
  await rows("Nothing is wrong").waitFor({ timeout: LOOK_MS });
  t.diagnostic(`picture: ${await window.screenshot("probe-well")}`);
  assert.equal(api.requests.filter(({ method }) => method === "HEAD").length, 5);

  await api.stop();
  await window.runCommand("Lifeline: Probe the Network");
  await window.whenModal({ atMostMs: LOOK_MS });
  await window.answerModal(/^Measure$/);
  await rows("The API cannot be reached").waitFor({ timeout: LOOK_MS });
  t.diagnostic(`picture: ${await window.screenshot("probe-refused")}`);
  await window.runCommand("View: Close All Editors");
  await writeFile(claudeSettings, before);
});

test("what the program says is not believed; what goes wrong is told; a healthy machine is one green line", {
  timeout: 300_000,
}, async (t) => {
  const { window } = lifeline;
  const standIn = await replaced(t);
  const answer = path.join(root, "answer");
  const says = async (/** @type {string} */ value, code = 0) => {
    await writeFile(answer, value);
    await standIn(`cat > ${answer}.in; cat ${answer}; exit ${code}`);
  };

  await says(diagnosis([]));
  await toastsAreShown();
  await window.runCommand("Lifeline: Run Doctor");
  await (await window.notification("nothing is wrong (1 check)", { atMostMs: LOOK_MS })).dismiss();
  await rows("Nothing is wrong").waitFor();
  t.diagnostic(`picture: ${await window.screenshot("doctor-well")}`);
  const told = JSON.parse(await readFile(`${answer}.in`, "utf8"));
  assert.equal(told.claudeCode?.version ?? null, inside.prepared.claude.folder ? "1.0.88" : null);
  assert.equal(told.env.HTTPS_PROXY, "http://***@127.0.0.1:3128");
  assert.ok(!JSON.stringify(told).includes("hunter2"));

  await says('{"schema":"lifeline.doctor/1","findings":7}', 1);
  await toastsAreShown();
  await window.runCommand("Lifeline: Run Doctor");
  await (await window.notification("what the doctor found cannot be read", { atMostMs: LOOK_MS })).dismiss();
  await rows("Nothing is wrong").waitFor();

  await standIn("echo 'The state folder is of another user.' >&2; exit 2");
  await toastsAreShown();
  await window.runCommand("Lifeline: Run Doctor");
  await (await window.notification("Lifeline: The state folder is of another user.", { atMostMs: LOOK_MS })).dismiss();
});
