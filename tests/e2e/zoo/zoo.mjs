// The zoo itself: a home, a fake API, a daemon, stand-in hosts, the specimens and their keeper's book, in the namespace that we run in.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { unzip } from "../../../scripts/lib/unzip.mjs";
import { cliVariables, installCli } from "../harness/claude-cli.mjs";
import { startFakeApi } from "../harness/fake-api.mjs";
import { Journal } from "../harness/lifeline.mjs";
import { random } from "../soak/random.mjs";
import { Book } from "./book.mjs";
import { Host } from "./host.mjs";
import { children, STARTED_WITHIN_MS, until } from "./search.mjs";
import { Wire } from "./wire.mjs";

const MCP_FILE = fileURLToPath(new URL("../harness/mcp-server.mjs", import.meta.url));

/** Nothing must have moved for so long. */
export const QUIET_SECONDS = 10;
/** Of every window. No stand-in is to be restarted, whatever it looks like. */
const SETTINGS = {
  mode: "observe",
  nameCulprit: false,
  refreshAfterMinutes: 0,
  restoreSessions: "never",
  continueSessions: "never",
  reap: "certain",
  reapQuietSeconds: QUIET_SECONDS,
};

/** For the shell. @type {{asleep: string, atWork: string}} */
export const TOOLS = {
  // The CLI itself refuses to sleep.
  asleep: "tail -f /dev/null",
  // A tenth of a CPU.
  atWork: `node -e 'setInterval(() => { const until = Date.now() + 10; while (Date.now() < until); }, 100)'`,
};
/** A word every half second: less than 1 % of a CPU. Only that something comes shows that it goes on. */
const AT_LENGTH = { text: "word ".repeat(1_200), overMs: 600_000 };
/** As long as the CLI lets a tool run. */
const TOOL_MS = 600_000;

/** @typedef {{root: string, home: string, runtimeDir: string, stateDir: string, prepared: {cli: {executable: string | null}, vsix: string | null}}} Inside */

export class Zoo {
  book = new Book();
  /** Whatever must end with the zoo. @type {(() => unknown)[]} */
  #atTheEnd = [];
  /** @type {(() => void)} */
  #open = () => {};
  /** Settled when the daemon serves. */
  opened = new Promise((resolve) => {
    this.#open = () => resolve(undefined);
  });
  #hosts = 0;
  #prompts = 0;

  /** @param {Inside} inside @param {number} seed */
  static async build(inside, seed) {
    const zoo = new Zoo(inside, seed, await startFakeApi());
    const { executable, root, home, folder, api } = zoo;
    const { vsix } = inside.prepared;
    if (vsix) await unzip(vsix, path.dirname(zoo.binary), { strip: "extension/bin/" });
    await mkdir(folder);
    await writeFile(path.join(folder, "notes.md"), "# Notes\n");
    await installCli({ executable, root, home, folder, apiUrl: api.url });
    // Not even a ping: whoever gets those is being answered.
    api.on("is never answered", { text: "Late.", until: new Promise(() => {}), pingMs: TOOL_MS });
    api.on("is answered at length", AT_LENGTH);
    const bash = (/** @type {string} */ command) => {
      const tools = [{ name: "Bash", input: { command, timeout: TOOL_MS, description: "As it was told" } }];
      api.on((request) => request.isTurn && request.toolResults.length === 0 && request.said.includes(command), {
        tools,
      });
    };
    bash(TOOLS.asleep);
    bash(TOOLS.atWork);
    zoo.atTheEnd(() => api.stop());
    zoo.atTheEnd(() => zoo.book.stop());
    return zoo;
  }

  /** @param {Inside} inside @param {number} seed @param {import('../harness/fake-api.mjs').FakeApi} api */
  constructor({ root, home, runtimeDir, stateDir, prepared }, seed, api) {
    this.root = root;
    this.home = home;
    this.seed = seed;
    this.api = api;
    this.folder = path.join(root, "sample-project");
    this.executable = /** @type {string} */ (prepared.cli.executable);
    /** `$LIFELINE_E2E_BINARY`: a daemon to try out instead of the VSIX's own. */
    this.binary = process.env.LIFELINE_E2E_BINARY ?? path.join(root, "bin", "lifeline");
    this.socket = path.join(runtimeDir, "lifeline", "lifeline.sock");
    this.stateDir = path.join(stateDir, "lifeline");
    this.journal = new Journal(this.stateDir);
    this.log = path.join(root, "daemon.log");
    this.variables = { ...process.env, ...cliVariables(api.url) };
    delete this.variables["NODE_TEST_CONTEXT"];
  }

  /** Chance of its own for each part, so that none depends on how another goes. @param {string} part */
  dice(part) {
    return random([...part].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), this.seed * 7919));
  }

  /** @param {() => unknown} end */
  atTheEnd(end) {
    this.#atTheEnd.unshift(end);
  }

  async close() {
    for (const end of this.#atTheEnd) await end();
  }

  /** Starts the daemon, and returns when it serves. */
  async startDaemon() {
    const log = openSync(this.log, "a");
    const env = { ...process.env, NO_COLOR: "1", LIFELINE_NOTIFIER: "/bin/true" };
    const daemon = spawn(this.binary, ["serve"], { stdio: ["ignore", log, log], env });
    closeSync(log);
    this.atTheEnd(() => daemon.kill("SIGKILL"));
    this.daemonPid = Number(daemon.pid);
    const serves = () =>
      Wire.open(this.socket).then(
        (wire) => {
          wire.close();
          return true;
        },
        () => false,
      );
    await until(serves, { what: "the daemon serves" });
    this.#open();
  }

  /** Starts something of its own. @param {string} command @param {string[]} args @param {import('node:child_process').SpawnOptions} [options] */
  start(command, args, options = {}) {
    const child = spawn(command, args, { cwd: this.folder, env: this.variables, stdio: "ignore", ...options });
    child.on("error", () => {});
    child.stdin?.on("error", () => {});
    this.atTheEnd(() => child.kill("SIGKILL"));
    return Number(child.pid);
  }

  /** A stand-in for an extension host. @param {{attached?: boolean}} [options] `attached`: as the host of a window, as soon as there is a daemon */
  async openHost({ attached = false } = {}) {
    const host = new Host(this.variables);
    this.atTheEnd(() => host.child.kill("SIGKILL"));
    if (attached) {
      const label = `window-${++this.#hosts}`;
      host.attached = this.opened.then(() => host.ask("attach", { socket: this.socket, label, settings: SETTINGS }));
      // Who waits for it hears of it; a host that was killed before that has nothing to say.
      host.attached.catch(() => {});
    }
    return host;
  }

  /**
   * Starts a session as the chat panel does, a child of the host that talks over its standard input, and returns when it has said what it is told to.
   * @param {Host} host
   * @param {{id?: string, say?: string, resume?: boolean, servers?: Record<string, string>[], args?: string[]}} [what] `servers`: the environment of
   *   each of its MCP servers
   * @returns {Promise<{pid: number, id: string, servers: number[]}>}
   */
  async panel(host, { id = randomUUID(), say, resume = false, servers = [], args = [] } = {}) {
    const config = servers.map((env, n) => [`server-${n}`, { command: process.execPath, args: [MCP_FILE], env }]);
    const text = say && `${say} ${++this.#prompts}.`;
    const message = { role: "user", content: [{ type: "text", text }] };
    const asked = text && this.api.next(text, { atMostMs: STARTED_WITHIN_MS });
    const pid = await host.ask("start", {
      command: this.executable,
      args: [
        ...["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"],
        ...[resume ? "--resume" : "--session-id", id],
        ...["--permission-mode", "default", ...args],
        ...["--strict-mcp-config", "--mcp-config", JSON.stringify({ mcpServers: Object.fromEntries(config) })],
      ],
      env: { CLAUDE_CODE_ENTRYPOINT: "claude-vscode" },
      cwd: this.folder,
      say: text ? `${JSON.stringify({ type: "user", message })}\n` : "",
      log: path.join(this.root, "panel.log"),
    });
    await asked;
    const found = await children(pid, MCP_FILE, servers.length);
    return { pid, id, servers: found };
  }

  /** What the daemon has logged. */
  daemonLog() {
    return readFile(this.log, "utf8");
  }
}
