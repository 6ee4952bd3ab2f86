// Lifeline as a user has it: the VSIX installed into a real VS Code with the real Claude Code extension, and a window open on a folder.
import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SetUpError } from "../../../scripts/lib/cache.mjs";
import { ensureClaudeExtension } from "../../../scripts/lib/claude-code.mjs";
import { ensureChromium } from "../../../scripts/lib/system.mjs";
import { ensureVsCodeServer } from "../../../scripts/lib/vscode-server.mjs";
import { whenExists, whenFolder } from "./events.mjs";
import { FAULT_EXTENSION, installExtensions } from "./extensions.mjs";
import { Hosts, processFacts } from "./host.mjs";
import { openWindow, startBrowser, startVsCode } from "./vscode.mjs";

const DIST = fileURLToPath(new URL("../../../dist", import.meta.url));

/** What the newest window shows when a test fails. @type {import('./window.mjs').Window | undefined} */
let shown;
// Benches use this module, too; loaded there, the test runner would report that it ran nothing.
if (process.env.NODE_TEST_CONTEXT) {
  const { afterEach } = await import("node:test");
  afterEach(async (t) => {
    const { passed, name } = /** @type {{passed?: boolean, name: string}} */ (/** @type {unknown} */ (t));
    if (passed !== false || !shown) return;
    const picture = `failed-${name.replaceAll(/\W+/g, "-")}`.slice(0, 60);
    await shown.screenshot(picture).then(
      (file) => console.log(`failed, it shows: ${file}`),
      (error) => console.log(`no picture of the failure: ${error.message}`),
    );
  });
}

/** The VSIX that is tested: the newest in dist/, or `$LIFELINE_E2E_VSIX`. */
export async function newestVsix() {
  const names = await readdir(DIST).catch(() => []);
  const newest = names
    .filter((name) => name.endsWith(".vsix"))
    .sort()
    .at(-1);
  const vsix = process.env.LIFELINE_E2E_VSIX ?? (newest && path.join(DIST, newest));
  if (!vsix) throw new SetUpError("There is no VSIX in dist/.", "run `npm run package` first.");
  return vsix;
}

/** Everything that a test needs from outside its namespace, for `enterNamespace`'s `prepare`. */
export async function prepare() {
  const vsix = await newestVsix();
  return {
    server: await ensureVsCodeServer(),
    chromium: await ensureChromium(),
    claude: await ensureClaudeExtension(),
    vsix,
  };
}

/** @typedef {Awaited<ReturnType<typeof prepare>>} Prepared */
/** @typedef {{t: number, event?: any, decision?: any, start?: any, checkpoint?: any}} JournalLine */

/** The daemon's journal as it grows. */
export class Journal {
  /** @param {string} stateDir Lifeline's state folder */
  constructor(stateDir) {
    this.folder = path.join(stateDir, "journal");
  }

  /** @returns {Promise<JournalLine[]>} */
  async lines() {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => name.endsWith(".jsonl"));
    names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    const texts = await Promise.all(names.map((name) => readFile(path.join(this.folder, name), "utf8")));
    // The last line may be half written.
    return texts.flatMap((text) =>
      text
        .slice(0, text.lastIndexOf("\n") + 1)
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    );
  }

  /**
   * Waits for a line.
   * @template T @param {(line: JournalLine) => T} find @param {{what: string, atMostMs?: number, from?: number}} options `from`: skip as many lines
   * @returns {Promise<NonNullable<T>>}
   */
  async when(find, { what, atMostMs = 30_000, from = 0 }) {
    await whenExists(this.folder, { atMostMs });
    const look = async () => {
      for (const line of (await this.lines()).slice(from)) {
        const found = find(line);
        if (found) return found;
      }
      return null;
    };
    return /** @type {Promise<NonNullable<T>>} */ (
      whenFolder(this.folder, look, { what: `in the journal: ${what}`, atMostMs })
    );
  }

  /** Waits until a host's thread is attached. @param {number} pid @param {'main' | 'worker'} [role] @param {{from?: number, atMostMs?: number}} [options] */
  attached(pid, role = "main", options = {}) {
    const is = (/** @type {JournalLine} */ line) =>
      line.event?.attached?.host.pid === pid && line.event.attached.role === role && line;
    return this.when(is, { what: `host ${pid} attached (${role})`, ...options });
  }

  /** Waits until an incident of a host has ended so. @param {number} pid @param {string} outcome @param {{from?: number, atMostMs?: number}} [options] */
  ended(pid, outcome, options = {}) {
    const is = (/** @type {JournalLine} */ line) => {
      const incident = line.decision?.record?.incident;
      return incident?.host.pid === pid && incident.outcome === outcome && incident;
    };
    return this.when(is, { what: `incident of host ${pid} ended as ${outcome}`, atMostMs: 150_000, ...options });
  }

  /**
   * Waits until a host has come to rest: some beats after it attached.
   * @param {number} pid
   */
  settled(pid) {
    const is = (/** @type {JournalLine} */ line) => line.event?.beat?.host.pid === pid && line.event.beat.seq >= 8;
    return this.when(is, { what: `host ${pid} has beaten for a while` });
  }

  /** Decisions to kill so far. */
  async kills() {
    return (await this.lines()).filter((line) => line.decision?.killHost);
  }
}

/**
 * Starts all of it, and waits until both threads of the first host are attached.
 * @param {{root: string, home: string, stateDir: string, runtimeDir: string, prepared: Prepared}} inside from `enterNamespace`
 * @param {{settings?: Record<string, unknown>, env?: Record<string, string>, nodeArgs?: string[]}} [options] `nodeArgs`: for the hosts' Node.js.
 *   `$LIFELINE_E2E_BINARY`: a daemon to try out instead of the VSIX's own
 */
export async function startLifeline(
  { root, stateDir: xdgState, runtimeDir, prepared },
  { settings = {}, env = {}, nodeArgs = [] } = {},
) {
  const folder = path.join(root, "sample-project");
  await mkdir(folder);
  await writeFile(path.join(folder, "notes.md"), "# Notes\n");
  const extensionsDir = path.join(root, "extensions");
  const claude = prepared.claude.folder ? [prepared.claude.folder] : [];
  const [lifeline] = await installExtensions(extensionsDir, [prepared.vsix, FAULT_EXTENSION, ...claude]);
  const hosts = await Hosts.in(path.join(root, "faults"));
  const notices = path.join(root, "notices");
  const notifier = path.join(root, "notifier");
  await mkdir(notices);
  await writeFile(
    notifier,
    `#!/bin/sh\nprintf '%s\\n%s\\n' "$1" "$2" > "${notices}/.$$" && mv "${notices}/.$$" "${notices}/$$.txt"\n`,
    { mode: 0o755 },
  );
  const stateDir = path.join(xdgState, "lifeline");
  const journal = new Journal(stateDir);
  const binary = path.join(lifeline.folder, "bin", "lifeline");
  if (process.env.LIFELINE_E2E_BINARY) await copyFile(process.env.LIFELINE_E2E_BINARY, binary);

  const code = await startVsCode({
    server: prepared.server,
    extensionsDir,
    userDataDir: path.join(root, "user"),
    settings,
    env: { ...hosts.env, LIFELINE_NOTIFIER: notifier, ...env },
    nodeArgs,
  });
  const browser = await startBrowser(prepared.chromium);
  const opened = async () => {
    const window = await openWindow({ browser, url: code.url, folder });
    const host = await hosts.next({ atMostMs: 60_000 });
    await journal.attached(host.pid, "main");
    await journal.attached(host.pid, "worker");
    return { window, host };
  };
  const { window, host } = await opened().catch(async (error) => {
    // Left running they would keep the test's process alive for ever.
    await browser.close();
    await code.stop();
    throw error;
  });

  shown = window;
  return {
    code,
    browser,
    window,
    hosts,
    host,
    journal,
    binary,
    stateDir,
    folder,
    notices,
    /** Runs the command line. @param {...string} args @returns {Promise<{code: number, stdout: string, stderr: string}>} */
    cli: (...args) =>
      new Promise((resolve) => {
        execFile(binary, args, { env: process.env }, (error, stdout, stderr) => {
          resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
        });
      }),
    /** The running daemon's pid, from its own status. @returns {Promise<number>} */
    async daemonPid() {
      const { stdout } = await this.cli("status", "--format", "json");
      return JSON.parse(stdout).daemonPid;
    },
    /** Waits for a desktop notification. @param {RegExp} text @param {{atMostMs?: number}} [options] */
    whenNotified: (text, { atMostMs = 30_000 } = {}) =>
      whenFolder(
        notices,
        async () => {
          for (const name of (await readdir(notices)).filter((file) => file.endsWith(".txt"))) {
            const content = await readFile(path.join(notices, name), "utf8");
            if (text.test(content)) return content;
          }
          return null;
        },
        { what: `a desktop notification ${text}`, atMostMs },
      ),
    async stop() {
      // The state may lie on a disk that goes with the namespace.
      if (process.env.LIFELINE_E2E_KEEP === "1")
        await cp(stateDir, path.join(root, "state-at-the-end"), { recursive: true });
      await browser.close();
      await code.stop();
    },
    runtimeDir,
  };
}

/** The times of an incident in words, from the journal. @param {any} incident the core's */
export function times(incident) {
  const since = (/** @type {number | null} */ from, /** @type {number | null} */ to) =>
    from === null || to === null ? "–" : `${((to - from) / 1000).toFixed(2)} s`;
  return `freeze → verdict ${since(incident.began, incident.verdict_at)} → kill ${since(incident.began, incident.acted_at)}; kill → new host attached ${since(incident.acted_at, incident.ended_at)} (${incident.verdict})`;
}

/** Whether a process exists and is no zombie. @param {number} pid */
export async function isAlive(pid) {
  const facts = await processFacts(pid);
  return facts !== null && facts.state !== "Z";
}

/** Lets time pass that belongs to the scenario itself (a nap, a quiet stretch), not to wait for something. @param {number} ms */
export const elapse = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
