// Transcripts as Claude Code has written them, of all three generations of errors, with a known number of each.
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

const MINUTE = 60_000;
const DAY = 86_400_000;
const ADDRESS = "https://api.anthropic.com/v1/messages?beta=true";

/** What an error of a connection says, by generation. @type {((code: string) => object)[]} */
const GENERATIONS = [
  (code) => {
    const cause = { code, errno: 0, path: ADDRESS };
    return { cause, error: { type: null, cause } };
  },
  (code) => ({
    source: "request_retry",
    error: {
      message: "Connection error.",
      formatted: `Connection dropped (${code})`,
      connection: { code },
      isNetworkDown: false,
    },
  }),
];
const OVERLOADED = {
  error: {
    status: 529,
    headers: { "request-id": "req_1", "x-should-retry": "true" },
    error: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
  },
};

/** One session's file as it grows. */
class Transcript {
  id = randomUUID();
  /** @type {string[]} */
  lines = [];

  /** @param {{at: number, cwd: string, version: string}} base `at`: Unix milliseconds */
  constructor({ at, cwd, version }) {
    this.at = at;
    this.base = { sessionId: this.id, cwd, version, isSidechain: false, userType: "external", gitBranch: "main" };
  }

  /** @param {object} record @param {number} later milliseconds since the one before */
  add(record, later) {
    this.at += later;
    const timestamp = new Date(this.at).toISOString();
    this.lines.push(JSON.stringify({ ...this.base, uuid: randomUUID(), timestamp, ...record }));
  }

  /** A prompt, and an answer of so many bytes. @param {number} bytes */
  turn(bytes) {
    this.add({ type: "user", message: { role: "user", content: "go on" } }, MINUTE);
    const content = [{ type: "text", text: "words and ".repeat(Math.ceil(bytes / 10)) }];
    this.add({ type: "assistant", message: { role: "assistant", model: "claude-opus-4-6", content } }, 20_000);
  }

  /** Errors that follow each other, then an answer, or the end of the turn. @param {object} error @param {number} times @param {boolean} dies */
  chain(error, times, dies) {
    this.add({ type: "user", message: { role: "user", content: "once more" } }, 2 * MINUTE);
    for (let attempt = 1; attempt <= times; attempt++) {
      const retry = { retryInMs: 500 * 2 ** attempt, retryAttempt: attempt, maxRetries: 10 };
      this.add({ type: "system", subtype: "api_error", level: "error", ...error, ...retry }, 500 * 2 ** attempt);
    }
    if (!dies) return this.turn(2000);
    const content = [{ type: "text", text: "API Error: Connection lost mid-response" }];
    const message = { role: "assistant", model: "<synthetic>", content };
    this.add({ type: "assistant", isApiErrorMessage: true, message }, 1000);
  }
}

/**
 * Writes sessions of twelve days, the last of them `now`.
 * @param {string} home @param {{now: number, folder: string}} options `folder`: of the project, which no report may name
 * @returns {Promise<{errors: number, turnsDied: number, errorsOfLastDay: number}>} what a report must find
 */
export async function writeTranscripts(home, { now, folder }) {
  const truth = { errors: 0, turnsDied: 0, errorsOfLastDay: 0 };
  const projects = path.join(home, ".claude", "projects", folder.replace(/[^a-zA-Z0-9]/g, "-"));
  await mkdir(projects, { recursive: true });
  for (let day = 11; day >= 0; day--) {
    // A large session every third day; errors gather there.
    const isLarge = day % 3 === 0;
    const at = now - day * DAY - (2 + (day % 5)) * 60 * MINUTE;
    const transcript = new Transcript({ at, cwd: folder, version: day > 6 ? "2.1.104" : "2.1.329" });
    for (let turn = 0; turn < 4; turn++) transcript.turn(isLarge ? 2_000_000 : 40_000);
    /** @type {[object, number, boolean][]} */
    const chains = [];
    if (isLarge) {
      const generation = GENERATIONS[day > 6 ? 0 : 1];
      chains.push([generation("ECONNRESET"), 3 + (day % 4), false], [generation("ETIMEDOUT"), 2, false]);
      chains.push([generation("ECONNRESET"), 10, true]);
    } else if (day % 2 === 0) {
      chains.push([OVERLOADED, 2, false]);
    }
    for (const [error, times, dies] of chains) {
      transcript.chain(error, times, dies);
      truth.errors += times;
      if (dies) truth.turnsDied += 1;
      if (day === 0) truth.errorsOfLastDay += times;
    }
    await writeFile(path.join(projects, `${transcript.id}.jsonl`), `${transcript.lines.join("\n")}\n`);
  }
  return truth;
}
