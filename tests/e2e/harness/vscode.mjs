// Starts the real VS Code server and shows its windows in a real Chromium.
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { chromium } from "playwright-core";
import { Window } from "./window.mjs";

/** Answers questions a fresh VS Code would ask, and keeps it from looking for a network that is not there. */
const QUIET_SETTINGS = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "git.openRepositoryInParentFolders": "never",
  "files.autoSave": "off",
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "window.confirmBeforeClose": "never",
};

const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const SERVER_START_MS = 30_000;
const SERVER_STOP_MS = 10_000;

/**
 * @typedef {object} VsCode
 * @property {string} url @property {number} port
 * @property {number} pid the server's process: the parent of every extension host
 * @property {() => string} output what the server wrote so far
 * @property {Promise<{code: number | null, signal: NodeJS.Signals | null}>} exited
 * @property {() => Promise<void>} stop
 */

/**
 * @param {object} options
 * @param {{node: string, main: string}} options.server from `ensureVsCodeServer`
 * @param {string} options.extensionsDir @param {string} options.userDataDir
 * @param {Record<string, unknown>} [options.settings] user settings on top of the quiet ones
 * @param {Record<string, string>} [options.env] for the server; its extension hosts inherit it
 * @param {string[]} [options.args] more arguments for the server
 * @param {string[]} [options.nodeArgs] for Node.js, handed on to the extension hosts (NODE_OPTIONS is not: 1.139 removes it)
 * @returns {Promise<VsCode>}
 */
export async function startVsCode({
  server,
  extensionsDir,
  userDataDir,
  settings = {},
  env = {},
  args = [],
  nodeArgs = [],
}) {
  await writeSettings(userDataDir, settings);
  await mkdir(extensionsDir, { recursive: true });
  const child = spawn(
    server.node,
    [
      ...nodeArgs,
      server.main,
      "--host",
      "127.0.0.1",
      "--port",
      "0",
      "--without-connection-token",
      "--accept-server-license-terms",
      "--telemetry-level",
      "off",
      "--user-data-dir",
      userDataDir,
      "--server-data-dir",
      path.join(userDataDir, "server"),
      "--extensions-dir",
      extensionsDir,
      ...args,
    ],
    { env: { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  const log = createWriteStream(path.join(userDataDir, "server.log"));
  const exited = /** @type {Promise<{code: number | null, signal: NodeJS.Signals | null}>} */ (
    new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })))
  );
  const port = await new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ why) => reject(new Error(`The VS Code server ${why}. It said:\n${output}`));
    const timer = setTimeout(() => fail(`did not listen within ${SERVER_START_MS / 1000} s`), SERVER_START_MS);
    child.once("error", (error) => fail(`could not be started (${error.message})`));
    void exited.then(({ code, signal }) => fail(`ended at once (${signal ?? code})`));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
        log.write(text);
        const listening = /Extension host agent listening on (\d+)/.exec(output);
        if (!listening) return;
        clearTimeout(timer);
        resolve(Number(listening[1]));
      });
    }
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: /** @type {number} */ (child.pid),
    output: () => output,
    exited,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), SERVER_STOP_MS);
      await exited;
      clearTimeout(timer);
      log.end();
    },
  };
}

/** Must be done before a page loads: the window reads them once, early. @param {string} userDataDir @param {Record<string, unknown>} settings */
export async function writeSettings(userDataDir, settings) {
  await mkdir(path.join(userDataDir, "User"), { recursive: true });
  await writeFile(
    path.join(userDataDir, "User", "settings.json"),
    JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2),
  );
}

/** @param {string} executable from `ensureChromium` */
export async function startBrowser(executable) {
  return chromium.launch({ executablePath: executable, headless: true, args: CHROMIUM_ARGS });
}

/**
 * Opens a VS Code window. Every call without `context` is another browser profile, as if on another machine.
 * @param {object} options
 * @param {import('playwright-core').Browser} options.browser @param {string} options.url @param {string} options.folder
 * @param {import('playwright-core').BrowserContext} [options.context] share a profile (storage, cookies) with another window
 * @param {{width: number, height: number}} [options.size]
 * @returns {Promise<Window>}
 */
export async function openWindow({ browser, url, folder, context, size = { width: 1280, height: 800 } }) {
  const profile =
    context ?? (await browser.newContext({ viewport: size, permissions: ["clipboard-read", "clipboard-write"] }));
  const page = await profile.newPage();
  const window = new Window(page, { ownsContext: !context });
  await page.goto(`${url}/?folder=${encodeURIComponent(folder)}`, { waitUntil: "domcontentloaded" });
  await window.ready();
  return window;
}
