// Processes that look like Claude Code to whoever looks at command lines, and are not, or are somebody's own.
import { randomUUID } from "node:crypto";
import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { elapse } from "../harness/lifeline.mjs";
import { children } from "./search.mjs";

/** @typedef {import('./zoo.mjs').Zoo} Zoo */
/** @typedef {{kind: string, command: string, args: string[], argv0?: string, childOf?: string}} Decoy `childOf`: what its child has among its arguments */

const FOR_EVER = "3600";
/** Keeps Node alive and does nothing. */
const WAIT = "setInterval(() => {}, 1e6)";

/**
 * Starts them, at random moments: some as children of ours, the others of an extension host that is killed.
 * @param {import('./leaked.mjs').Part} part
 */
export async function decoys({ zoo, looks, dice }) {
  const host = await zoo.openHost({ attached: true });
  /** Those that Lifeline, too, takes for Claude Code: it knows them, and that their owner is dead, but no session. @type {number[]} */
  const taken = [];
  for (const { kind, command, args, argv0, childOf } of await all(zoo)) {
    const isOfHost = dice.between(0, 1) === 1;
    await elapse(dice.between(0, 600));
    const order = { command, args, argv0, cwd: zoo.folder, log: path.join(zoo.root, "decoys.log") };
    // Who reads its standard input goes on as long as that is open.
    /** @type {import('node:child_process').SpawnOptions} */
    const options = { argv0, stdio: ["pipe", "ignore", "ignore"] };
    const pid = isOfHost && kind !== "grep" ? await host.ask("start", order) : zoo.start(command, args, options);
    const its = childOf ? await children(pid, childOf, 1) : [];
    zoo.book.add(kind, pid, ...its);
    if (kind === "namesake" || kind === "titled") taken.push(pid);
  }
  await host.attached;
  await looks.seen(...taken);
  await elapse(dice.between(0, 5_000));
  await host.kill();
}

/** @param {Zoo} zoo @returns {Promise<Decoy[]>} */
async function all({ root, folder }) {
  const sleep = (/** @type {string[]} */ ...names) => copyOf("/bin/sleep", path.join(root, ...names));
  const inFolder = await sleep("decoys", "claude", "server");
  const script = path.join(root, "decoys", "bin", "claude");
  await mkdir(path.dirname(script), { recursive: true });
  await writeFile(script, `#!/bin/sh\nsleep 3601\n:\n`, { mode: 0o755 });
  const notes = path.join(folder, "notes.md");
  const uuid = randomUUID();
  return [
    { kind: "editor", command: "/bin/sleep", argv0: "vim /x/claude-code/notes.md", args: [FOR_EVER] },
    { kind: "editor", command: await sleep("decoys", "code", "claude-code"), args: [FOR_EVER] },
    { kind: "grep", command: "grep", args: ["-rn", "claude", "-"] },
    { kind: "grep", command: "tail", args: ["-f", notes, "--pid=1"], argv0: "tail -f claude-code.log" },
    { kind: "script", command: script, args: ["--resume", uuid], childOf: "3601" },
    { kind: "folder", command: inFolder, args: [FOR_EVER] },
    { kind: "namesake", command: await sleep("decoys", "own", "claude"), args: [FOR_EVER] },
    { kind: "childOfNamesake", command: "/bin/sh", argv0: "claude", args: ["-c", "sleep 3602; :"], childOf: "3602" },
    {
      kind: "childOfNamesake",
      command: "/bin/sh",
      args: ["-c", `sleep 3603; : claude --resume ${uuid}`],
      childOf: "sleep",
    },
    { kind: "node", command: process.execPath, args: ["-e", WAIT, "claude", "--resume", uuid] },
    { kind: "node", command: process.execPath, args: ["-e", WAIT, "@anthropic-ai/claude-code/cli.js"] },
    { kind: "titled", command: process.execPath, args: ["-e", `process.title = "claude"; ${WAIT}`, "x".repeat(80)] },
    { kind: "oddName", command: await sleep("decoys", "a [claude]\n(x) 7"), args: [FOR_EVER] },
    {
      kind: "oddName",
      command: await sleep("decoys", "1) S 1 (claude"),
      args: [FOR_EVER],
      argv0: "claude\n--resume\n[x]",
    },
  ];
}

/** @param {string} program @param {string} file its place */
export async function copyOf(program, file) {
  await mkdir(path.dirname(file), { recursive: true });
  await copyFile(program, file);
  await chmod(file, 0o755);
  return file;
}
