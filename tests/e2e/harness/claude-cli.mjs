// The real Claude Code CLI in a terminal of a VS Code window: typed to as a person would, watched through its own debug log.
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { readJson, whenFolder } from "./events.mjs";

/**
 * For the window. Without the GPU the terminal draws text into the page, where a test can read it. VS Code would read there too, find the fake
 * API's address, announce its port, and so take the focus away from whatever the test is typing into (measured).
 */
export const TERMINAL_SETTINGS = { "terminal.integrated.gpuAcceleration": "off", "remote.autoForwardPorts": false };

/** Looks like a key, opens nothing. */
const DUMMY_KEY = "sk-ant-dummy-of-lifeline-tests-0123456789";
/** `customApiKeyResponses` knows keys by so many last characters. */
const KEY_TAIL = 20;

/**
 * For `args`: the IDE's tools run without a question. In auto mode, the default of 2.1.329, a check by the real server would come first,
 * and without one the CLI asks (measured).
 */
export const MAY_USE_IDE = ["--permission-mode", "default", "--allowedTools", "mcp__ide__getDiagnostics"];

/**
 * What became of the CLI's WebSocket to the IDE. One cut looks so: closed, connecting, failed, retry, connecting, …, gaveUp.
 * @typedef {object} ConnectionEvent
 * @property {number} at ms since 1970
 * @property {'connecting' | 'connected' | 'closed' | 'failed' | 'retry' | 'gaveUp'} kind `retry`: one is planned
 * @property {string} text the debug log's own words
 */

/** The words of the debug log of 2.1.329. @type {[RegExp, ConnectionEvent['kind']][]} */
const KINDS = [
  [/^Starting connection/, "connecting"],
  [/^Successfully connected/, "connected"],
  [/transport closed|disconnected/, "closed"],
  [/^Connection failed/, "failed"],
  [/^Scheduling reconnection/, "retry"],
  [/^Giving up/, "gaveUp"],
];

/**
 * Opens a terminal, types the CLI's command into it, and returns when it runs. It finds the IDE by itself, through the variables that the
 * Claude Code extension puts into terminals; so wait for the extension's lock file first.
 * @param {import('./window.mjs').Window} window opened with `TERMINAL_SETTINGS`
 * @param {object} options
 * @param {string} options.executable from `ensureClaudeCli`
 * @param {string} options.root for the log and the launcher; `name` below it must be new
 * @param {string} options.home HOME of the VS Code server @param {string} options.folder the window's
 * @param {string} options.apiUrl
 * @param {string} [options.name] @param {string[]} [options.args] more arguments @param {Record<string, string>} [options.env]
 * @returns {Promise<ClaudeCli>}
 */
export async function startCli(window, { executable, root, home, folder, apiUrl, name = "cli", args = [], env = {} }) {
  const place = path.join(root, name);
  await mkdir(place);
  await skipQuestions(home, folder);
  const variables = { ...cliVariables(apiUrl), ...env };
  const log = path.join(place, "debug.log");
  const launcher = path.join(place, "claude");
  // `exec` keeps the pid that is written down here.
  const script = [
    "#!/bin/sh",
    ...Object.entries(variables).map(([key, value]) => `export ${key}=${quoted(value)}`),
    `printf '{"pid":%d,"port":"%s"}' $$ "$CLAUDE_CODE_SSE_PORT" > ${quoted(`${place}/.started`)}`,
    `mv ${quoted(`${place}/.started`)} ${quoted(`${place}/started.json`)}`,
    `exec ${[executable, "--debug-file", log, ...args].map(quoted).join(" ")}`,
  ];
  await writeFile(launcher, `${script.join("\n")}\n`, { mode: 0o755 });

  const terminal = await openTerminal(window);
  await terminal.type(launcher);
  const started = await whenFolder(place, () => readJson(path.join(place, "started.json")), { what: "the CLI starts" });
  return new ClaudeCli(terminal, { pid: started.pid, port: Number(started.port), log });
}

/** The environment in which the CLI speaks to the fake API and to nobody else. @param {string} apiUrl @returns {Record<string, string>} */
export function cliVariables(apiUrl) {
  return {
    ANTHROPIC_BASE_URL: apiUrl,
    ANTHROPIC_API_KEY: DUMMY_KEY,
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  };
}

/**
 * A command `claude`, as users have one, for the PATH of terminals. It logs like `startCli`'s.
 * @param {{executable: string, root: string, home: string, folder: string, apiUrl: string}} options @returns {Promise<string>} the folder it lies in
 */
export async function installCli({ executable, root, home, folder, apiUrl }) {
  const place = path.join(root, "path");
  await mkdir(place);
  await skipQuestions(home, folder);
  const script = [
    "#!/bin/sh",
    ...Object.entries(cliVariables(apiUrl)).map(([key, value]) => `export ${key}=${quoted(value)}`),
    `exec ${quoted(executable)} "$@"`,
  ];
  await writeFile(path.join(place, "claude"), `${script.join("\n")}\n`, { mode: 0o755 });
  return place;
}

/** A running CLI. */
export class ClaudeCli {
  /** @param {Terminal} terminal @param {{pid: number, port: number, log: string}} facts */
  constructor(terminal, { pid, port, log }) {
    this.terminal = terminal;
    this.pid = pid;
    /** The IDE's port as the terminal's environment named it. */
    this.port = port;
    this.log = log;
    /** Sent so far. */
    this.prompts = 0;
  }

  /**
   * Has the model call a tool of the IDE, which goes over the WebSocket. Wants `MAY_USE_IDE`.
   * @param {import('./fake-api.mjs').FakeApi} api @param {string} prompt as for `prompt`
   * @returns {Promise<{text: string, isError: boolean}>} what the IDE answered
   */
  async askIde(api, prompt) {
    const isAnswered = (/** @type {import('./fake-api.mjs').ApiRequest} */ request) =>
      request.isTurn && request.toolResults.length > 0;
    const end = `The IDE has answered: ${prompt}`;
    api.on(prompt, { text: "Looking.", tools: [{ name: "mcp__ide__getDiagnostics" }] }, { times: 1 });
    api.on(isAnswered, { text: end }, { times: 1 });
    const answered = api.next(isAnswered, { what: "a tool's result" });
    // Awaited only after the prompt: a failure until then must not go unheard, nor end the process.
    answered.catch(() => {});
    await this.prompt(prompt);
    const [result] = (await answered).toolResults;
    await this.idle();
    await this.terminal.whenShows(end);
    return result;
  }

  /** Waits until its WebSocket to the IDE is open (the newest event says so). @param {{atMostMs?: number}} [options] */
  connected(options = {}) {
    const look = async () => {
      const last = (await this.connectionEvents()).at(-1);
      return last?.kind === "connected" && last;
    };
    return this.#when(look, "the CLI is connected to the IDE", options);
  }

  /**
   * Waits for a connection event. @param {ConnectionEvent['kind']} kind
   * @param {{from?: number, atMostMs?: number}} [options] `from`: skip as many events
   */
  async whenConnection(kind, { from = 0, atMostMs } = {}) {
    const look = async () => (await this.connectionEvents()).slice(from).find((event) => event.kind === kind);
    return this.#when(look, `the CLI's connection to the IDE: ${kind}`, { atMostMs });
  }

  /** Waits for a line of the debug log. @param {RegExp} pattern @param {{atMostMs?: number}} [options] */
  whenLogged(pattern, options = {}) {
    const look = async () => (await this.#lines()).find((line) => pattern.test(line));
    return this.#when(look, `the CLI logs ${pattern}`, options);
  }

  /** Waits until the last prompt has been answered to its end. */
  async idle() {
    const look = async () => (await this.#turnsEnded()) >= this.prompts;
    await this.#when(look, "the CLI's turn ends", {});
  }

  async #turnsEnded() {
    return (await this.#lines()).filter((line) => /\[engine\] turn \d+ end/.test(line)).length;
  }

  /** All that happened to the connection so far. @returns {Promise<ConnectionEvent[]>} */
  async connectionEvents() {
    return (await this.#lines()).flatMap((line) => connectionEvent(line) ?? []);
  }

  /**
   * Types a prompt and sends it. While it is connected, it makes the IDE close its diff tabs first, and the extension takes the focus to the
   * terminal half a second after that (1.0.88, measured): what a test types elsewhere in the window comes before the prompt.
   * @param {string} text of one line; not yet on the screen
   */
  async prompt(text) {
    // Typed and Enter in one gulp would be a paste, which is not sent.
    await this.terminal.whenShows("❯");
    await this.terminal.type(text, { enter: false });
    await this.terminal.whenShows(text);
    await this.terminal.press("Enter");
    this.prompts++;
  }

  /** @template T @param {() => Promise<T>} look @param {string} what @param {{atMostMs?: number}} options */
  #when(look, what, { atMostMs = 30_000 }) {
    return whenFolder(path.dirname(this.log), look, { what, atMostMs });
  }

  async #lines() {
    const text = await readFile(this.log, "utf8").catch(() => "");
    return text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  }
}

/** @param {string} line of the debug log, as `2026-11-21T10:55:29.145Z [DEBUG] MCP server "ide": Successfully connected (transport: ws-ide) in 113ms` @returns {ConnectionEvent | null} */
export function connectionEvent(line) {
  const found = /^(\S+Z) \[\w+\] MCP server "ide": (.*)$/.exec(line);
  if (!found) return null;
  const [, time, text] = found;
  const kind = KINDS.find(([pattern]) => pattern.test(text))?.[1];
  return kind ? { at: Date.parse(time), kind, text } : null;
}

/** The terminal that is active in a window. @param {import('./window.mjs').Window} window */
export const activeTerminal = (window) => new Terminal(window, window.page.locator(".terminal-wrapper.active"));

/** A terminal of a window. */
export class Terminal {
  /** @param {import('./window.mjs').Window} window @param {import('playwright-core').Locator} element */
  constructor(window, element) {
    this.window = window;
    this.element = element;
  }

  /** @param {string} text @param {{enter?: boolean}} [options] */
  async type(text, { enter = true } = {}) {
    await this.element.locator(".xterm-helper-textarea").focus();
    await this.window.page.keyboard.type(text);
    if (enter) await this.window.page.keyboard.press("Enter");
  }

  /** @param {string} key as Playwright names it */
  async press(key) {
    await this.element.locator(".xterm-helper-textarea").focus();
    await this.window.page.keyboard.press(key);
  }

  /** Waits until it shows a text. @param {string | RegExp} text @param {{atMostMs?: number}} [options] */
  async whenShows(text, { atMostMs = 30_000 } = {}) {
    await this.element.locator(".xterm-rows", { hasText: text }).waitFor({ timeout: atMostMs });
  }

  /** What it shows now. */
  async screen() {
    const rows = await this.element.locator(".xterm-rows > div").allInnerTexts();
    return rows.join("\n").replaceAll("\u00a0", " ");
  }
}

/** Opens a terminal, as the palette does. @param {import('./window.mjs').Window} window */
export async function openTerminal(window) {
  await window.runCommand("Terminal: Create New Terminal");
  const terminal = activeTerminal(window);
  await terminal.element.locator(".xterm-rows").waitFor();
  return terminal;
}

/** Answers what a first run would ask: theme, key, trust. @param {string} home @param {string} folder */
async function skipQuestions(home, folder) {
  const file = path.join(home, ".claude.json");
  const content = (await readJson(file)) ?? {};
  content.hasCompletedOnboarding = true;
  content.customApiKeyResponses = { approved: [DUMMY_KEY.slice(-KEY_TAIL)], rejected: [] };
  content.projects = { ...content.projects, [folder]: { ...content.projects?.[folder], hasTrustDialogAccepted: true } };
  await writeFile(`${file}.tmp`, JSON.stringify(content));
  await rename(`${file}.tmp`, file);
}

/** For a POSIX shell. @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
