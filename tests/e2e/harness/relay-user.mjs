// A user of the relay: a home of its own with a Claude Code, perhaps a daemon, and turns of the real CLI whose end, time and retries are told.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { ensureClaudeCli } from "../../../scripts/lib/claude-code.mjs";
import { zipEntries } from "../../../scripts/lib/unzip.mjs";
import { cliVariables } from "./claude-cli.mjs";
import { elapse, newestVsix } from "./lifeline.mjs";
import { parsed } from "./lines.mjs";

/** Who has not finished by then hangs, as far as these tests are concerned: without the relay a stall takes 300 s. */
const PATIENCE_MS = 75_000;

/** For `enterNamespace`: what users need. */
export async function prepareRelay() {
  return {
    binary: process.env.LIFELINE_E2E_BINARY ?? null,
    vsix: process.env.LIFELINE_E2E_BINARY ? null : await newestVsix(),
    cli: await ensureClaudeCli(),
  };
}

/** Lifeline's program, out of the VSIX. @param {Awaited<ReturnType<typeof prepareRelay>>} prepared @param {string} root */
export async function unpackProgram({ binary, vsix }, root) {
  if (!vsix) return binary ?? "";
  const entry = zipEntries(await readFile(vsix)).find(({ name }) => name === "extension/bin/lifeline");
  assert.ok(entry, "the program is in the VSIX");
  const program = path.join(root, "lifeline");
  await writeFile(program, entry.read(), { mode: 0o755 });
  return program;
}

/**
 * Where users live.
 * @typedef {object} World
 * @property {string} root a folder
 * @property {string} binary Lifeline's
 * @property {string} executable Claude Code's
 * @property {string} authority a file: who vouches for the fake API
 * @property {number} stallSeconds
 */

/** A home with a Claude Code and perhaps a daemon of its own. */
export class User {
  /** @param {World} world @param {string} name @param {Record<string, string>} [more] variables */
  constructor(world, name, more = {}) {
    this.world = world;
    this.name = name;
    this.more = more;
    this.home = path.join(world.root, name);
    this.config = path.join(this.home, ".claude");
    this.settings = path.join(this.config, "settings.json");
    this.state = path.join(this.home, "state");
    /** @type {import('node:child_process').ChildProcess | undefined} */
    this.daemon = undefined;
    this.starts = 0;
  }

  /** @returns {Record<string, string>} */
  get env() {
    return {
      .../** @type {Record<string, string>} */ (process.env),
      HOME: this.home,
      LIFELINE_STATE_DIR: this.state,
      LIFELINE_RUNTIME_DIR: path.join(this.home, "run"),
      LIFELINE_RELAY_STALL_AFTER: String(this.world.stallSeconds),
      ...this.more,
    };
  }

  /** @param {string} [settings] what Claude Code's settings hold; no file when not given */
  async make(settings) {
    await mkdir(path.join(this.home, "project"), { recursive: true });
    await mkdir(this.config);
    if (settings !== undefined) await writeFile(this.settings, settings);
  }

  /** Starts a daemon, and waits until it answers. */
  async serve() {
    const log = await open(path.join(this.home, `daemon-${++this.starts}.log`), "w");
    this.daemon = spawn(this.world.binary, ["serve"], { env: this.env, stdio: ["ignore", log.fd, log.fd] });
    await log.close();
    for (let tries = 0; (await this.cli("status")).code === 3; tries++) {
      assert.ok(tries < 100, "the daemon serves");
      await elapse(100);
    }
  }

  /** Ends the daemon. @param {NodeJS.Signals} [signal] */
  async end(signal = "SIGTERM") {
    const daemon = this.daemon;
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, "exit");
    daemon.kill(signal);
    await gone;
  }

  /** @param {...string} args @returns {Promise<{code: number, stdout: string, stderr: string}>} */
  cli(...args) {
    return run(this.world.binary, args, { env: this.env });
  }

  /** @returns {Promise<any>} */
  async relay() {
    return JSON.parse((await this.cli("relay", "status", "--format", "json")).stdout);
  }

  /** @returns {Promise<any[]>} newest first */
  async records() {
    return JSON.parse((await this.cli("relay", "log", "--last", "1000", "--format", "json")).stdout);
  }

  /**
   * One turn of `claude -p`.
   * @param {string} prompt @param {{trusts?: boolean, atMostMs?: number}} [options]
   * @returns {Promise<{text: string, code: number | null, seconds: number, retries: number}>} `code` null: it did not end in time
   */
  async turn(prompt, { trusts = true, atMostMs = PATIENCE_MS } = {}) {
    const id = randomUUID();
    const { ANTHROPIC_BASE_URL: _, ...variables } = cliVariables("");
    const env = { ...this.env, ...variables, ...(trusts && { NODE_EXTRA_CA_CERTS: this.world.authority }) };
    const format = ["--output-format", "stream-json", "--verbose"];
    const args = ["-p", ...format, "--session-id", id, "--permission-mode", "default", prompt];
    const began = performance.now();
    const { code, stdout } = await run(this.world.executable, args, {
      env,
      cwd: path.join(this.home, "project"),
      atMostMs,
    });
    const seconds = (performance.now() - began) / 1000;
    const said = stdout.split("\n").filter(Boolean).flatMap(parsed);
    const text = said.findLast(({ type }) => type === "result")?.result ?? "";
    return { text, code, seconds, retries: (await this.#transcript(id)).filter(isRetry).length };
  }

  /** @param {string} id @returns {Promise<any[]>} */
  async #transcript(id) {
    const projects = path.join(this.config, "projects");
    for (const project of await readdir(projects).catch(() => [])) {
      const text = await readFile(path.join(projects, project, `${id}.jsonl`), "utf8").catch(() => "");
      if (text) return text.split("\n").filter(Boolean).flatMap(parsed);
    }
    return [];
  }
}

export const isRetry = (/** @type {any} */ record) => record.subtype === "api_error";

/**
 * @param {string} program @param {string[]} args @param {{env: Record<string, string>, cwd?: string, atMostMs?: number}} options
 * @returns {Promise<{code: number | null, stdout: string, stderr: string}>} `code` null: it was ended
 */
export async function run(program, args, { env, cwd, atMostMs = 30_000 }) {
  const child = spawn(program, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  const told = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    told.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    told.stderr += chunk;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), atMostMs);
  const [code] = await once(child, "close");
  clearTimeout(timer);
  return { code, ...told };
}

/** Beyond the relay's time nothing may hang for longer than that. */
const SLACK_SECONDS = 3;

/** No connection was silent for longer than its relay allows. @param {User} user */
export async function nothingHung(user) {
  const most = (user.world.stallSeconds + SLACK_SECONDS) * 1000;
  for (const { end, longestSilenceMs } of await user.records())
    assert.ok(longestSilenceMs < most, `${user.name}: ${end.how} after ${longestSilenceMs} ms of silence`);
}

/** What is remembered to be put back is not meant: `relay.json` and the doctor's copies hold the settings. @param {User} user @param {string[]} secrets */
export async function nothingSecret(user, secrets) {
  const { ANTHROPIC_API_KEY: key = "" } = cliVariables("");
  const looked = [];
  for (const name of await readdir(user.home)) if (name.endsWith(".log")) looked.push(path.join(user.home, name));
  for (const name of await readdir(user.state, { recursive: true })) {
    const file = path.join(user.state, name);
    if ((await stat(file)).isFile() && !/(^|\/)relay\.json$|^doctor\//.test(name)) looked.push(file);
  }
  assert.ok(
    looked.some((file) => file.endsWith("relay.jsonl")) && looked.some((file) => file.includes("journal")),
    looked.join(" "),
  );
  for (const file of looked) {
    const text = await readFile(file, "latin1");
    for (const secret of [key, "prompt-of-this-test", ...secrets])
      assert.ok(!text.includes(secret), `${secret} in ${file}`);
  }
}
