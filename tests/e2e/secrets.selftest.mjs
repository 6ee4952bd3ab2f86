// What every file of tests is looked through for when it has ended is found where it was planted, and expected where it belongs.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { cliVariables } from "./harness/claude-cli.mjs";
import { secretsWritten } from "./harness/secrets.mjs";

const { ANTHROPIC_API_KEY: KEY = "" } = cliVariables("");
const PROMPT = 'say “ja” or "nein"';

/** @param {Record<string, string>} files */
async function look(files) {
  const root = await mkdtemp(path.join(os.tmpdir(), "ll-"));
  try {
    const said = JSON.stringify({ type: "user", message: { role: "user", content: [{ type: "text", text: PROMPT }] } });
    for (const [name, text] of Object.entries({ "home/.claude/projects/p/1.jsonl": `${said}\n${KEY}`, ...files })) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await writeFile(path.join(root, name), text);
    }
    return await secretsWritten(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

test("a secret is found wherever Lifeline writes", async () => {
  const padding = "x".repeat(1024 * 1024 - 10);
  for (const name of [
    "state/lifeline/journal/1.jsonl",
    "state/lifeline/relay.jsonl",
    "run/lifeline/lock",
    "relayed/state/journal/1.jsonl",
    "relayed/daemon-1.log",
    "user/data/logs/1/exthost1/output_logging_1/3-Lifeline.log",
    "sample-project/core.123",
  ]) {
    assert.deepEqual((await look({ [name]: `${padding}${KEY}` })).found, [`the key in ${name}`]);
    assert.deepEqual((await look({ [name]: JSON.stringify({ text: PROMPT }) })).found, [`“${PROMPT}” in ${name}`]);
    const fine = await look({ [name]: "all is well" });
    assert.deepEqual(fine, { looked: [name], found: [] });
  }
});

test("what is to be put back is expected; of a snapshot the prompt alone", async () => {
  for (const name of ["state/lifeline/relay.json", "state/lifeline/doctor/1/settings.json"])
    assert.deepEqual((await look({ [name]: `${KEY} ${PROMPT}` })).found, []);
  const name = "state/lifeline/snapshots/1.json";
  assert.deepEqual((await look({ [name]: `${KEY} ${PROMPT}` })).found, [`the key in ${name}`]);
});
