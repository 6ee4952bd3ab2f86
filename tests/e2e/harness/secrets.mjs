// What Lifeline wrote while a file of tests ran, and whether anything in it is nobody's business: the key of the tests, or what was said to Claude.
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { cliVariables } from "./claude-cli.mjs";
import { parsed } from "./lines.mjs";

/** Whatever Lifeline writes, by its path below the folder of a file of tests: state, sockets and locks, logs of daemons and of the window's output, what is left of a crash. */
const WRITTEN =
  /(^|\/)(state|state-at-the-end|run)\/|(^|\/)(lifeline|Lifeline)(-[^/]*)?\/|Lifeline[^/]*\.log$|(^|\/)daemon-\d+\.log$|(^|\/)core(\.\d+)?$/;

/** Written by others, though it lies there. */
const FOREIGN = /(^|\/)(state|run)\/(claude|vscode|code|user)[^/]*\/|(^|\/)(extensions|node_modules)\/|\.vsix$/;

/** Where foreign text has to be, and why. `prompts`: only those; the key may not. @type {{where: RegExp, why: string, prompts?: boolean}[]} */
const EXPECTED = [
  { where: /(^|\/)relay(-settings)?\.json$/, why: "Claude Code's settings as they were, to be put back to the byte" },
  { where: /(^|\/)doctor\//, why: "settings as they were before a repair that the user asked for" },
  { where: /(^|\/)snapshots\//, why: "the last prompt of a session is there to be brought back", prompts: true },
];

/** What Lifeline itself types into a session, and names in its settings. */
const OWN_WORDS = ["continue", "/compact"];

/** Shorter ones are words that anybody may write. */
const PROMPT_CHARACTERS = 8;

/**
 * @param {string} root the folder of a file of tests
 * @returns {Promise<{looked: string[], found: string[]}>} the files that were looked at, and a line for each place where something is that must not be
 */
export async function secretsWritten(root) {
  const names = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  const { ANTHROPIC_API_KEY: key = "" } = cliVariables("");
  const said = await prompts(root, names);
  const looked = names.filter((name) => WRITTEN.test(name) && !FOREIGN.test(name));
  const found = [];
  for (const name of looked) {
    const expected = EXPECTED.find(({ where }) => where.test(name));
    if (expected && !expected.prompts) continue;
    const text = await contents(path.join(root, name), [key, ...(expected ? [] : said)]);
    for (const secret of text) found.push(`${secret === key ? "the key" : `“${secret}”`} in ${name}`);
  }
  return { looked, found };
}

/** What was said to Claude, from its own transcripts. @param {string} root @param {string[]} names @returns {Promise<string[]>} */
async function prompts(root, names) {
  const all = new Set();
  for (const name of names.filter((name) => /(^|\/)projects\/.*\.jsonl$/.test(name))) {
    const lines = (await readFile(path.join(root, name), "utf8").catch(() => "")).split("\n");
    for (const record of lines.filter((line) => line.includes('"user"')).flatMap(parsed)) {
      if (record.type !== "user" || record.isMeta) continue;
      const content = record.message?.content;
      const texts =
        typeof content === "string" ? [content] : (content ?? []).map((/** @type {any} */ part) => part.text);
      // What it was told about itself (`<system-reminder>`, `[Request interrupted by user]`) is none of the user's.
      for (const text of texts)
        if (typeof text === "string" && text.length >= PROMPT_CHARACTERS && !/^[<[]/.test(text))
          all.add(text.slice(0, 200));
    }
  }
  return [...all].filter((text) => !OWN_WORDS.includes(text));
}

/** Which of these a file holds. @param {string} file @param {string[]} secrets @returns {Promise<Set<string>>} */
async function contents(file, secrets) {
  const found = new Set();
  const wanted = secrets.flatMap((secret) => {
    // As it stands, and as it stands in JSON.
    const inJson = JSON.stringify(secret).slice(1, -1);
    return [...new Set([secret, inJson])].map((text) => ({ secret, bytes: Buffer.from(text) }));
  });
  const overlap = Math.max(...wanted.map(({ bytes }) => bytes.length));
  let before = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
      const bytes = Buffer.concat([before, chunk]);
      for (const { secret, bytes: text } of wanted) if (bytes.includes(text)) found.add(secret);
      before = bytes.subarray(Math.max(0, bytes.length - overlap));
    }
  } catch (error) {
    // It went with its owner.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
  }
  return found;
}
