// A VS Code window without Lifeline, open on a folder: for baselines, and for what is known of such a window from outside.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { FAULT_EXTENSION, installExtensions } from "./extensions.mjs";
import { Hosts, processFacts, whenGone } from "./host.mjs";
import { openWindow, startBrowser, startVsCode } from "./vscode.mjs";

/**
 * Starts VS Code with the fault extension and, where it can be had, the Claude Code extension, and waits until the host is active.
 * @param {{root: string, prepared: {server: {node: string, main: string}, chromium: string, claude?: {folder: string | null}}}} inside from `enterNamespace`
 * @param {{name?: string, extensions?: string[], settings?: Record<string, unknown>, env?: Record<string, string>, nodeArgs?: string[]}} [options]
 *   `name`: of its folders below the root, new for each
 */
export async function startPlainWindow(
  { root, prepared },
  { name = "plain", extensions = [], settings = {}, env = {}, nodeArgs = [] } = {},
) {
  const place = path.join(root, name);
  const folder = path.join(place, "workspace");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "notes.md"), "# Notes\n");
  const extensionsDir = path.join(place, "extensions");
  const claude = prepared.claude?.folder ? [prepared.claude.folder] : [];
  await installExtensions(extensionsDir, [FAULT_EXTENSION, ...claude, ...extensions]);
  const hosts = await Hosts.in(path.join(place, "faults"));
  /** What is to be stopped, the last one first. @type {(() => Promise<void>)[]} */
  const running = [];
  const stop = async () => {
    for (const end of running.splice(0).reverse()) await end();
  };
  try {
    const code = await startVsCode({
      server: prepared.server,
      extensionsDir,
      userDataDir: path.join(place, "user"),
      settings,
      env: { ...hosts.env, ...env },
      nodeArgs,
    });
    running.push(() => code.stop());
    const browser = await startBrowser(prepared.chromium);
    running.push(() => browser.close());
    const window = await openWindow({ browser, url: code.url, folder });
    const host = await hosts.next({ atMostMs: 60_000 });
    /** Kills a spoilt host; the reload gives the next one a fresh crash budget. @param {import('./host.mjs').Host} spoilt @returns {Promise<import('./host.mjs').Host>} */
    const freshHost = async ({ pid }) => {
      if (await processFacts(pid)) process.kill(pid, "SIGKILL");
      await whenGone(pid);
      const second = await hosts.next({ not: [pid] });
      await window.reload();
      return hosts.next({ not: [pid, second.pid] });
    };
    return { code, browser, window, hosts, host, folder, freshHost, stop };
  } catch (error) {
    // Left running they would keep the test's process alive for ever.
    await stop();
    throw error;
  }
}
