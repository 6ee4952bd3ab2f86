// What must be kept, and looks as if it were left behind: used, at work, too young, or of an owner whom nobody saw.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findProgram } from "../../../scripts/lib/system.mjs";
import { elapse } from "../harness/lifeline.mjs";
import { IDLE } from "./leaked.mjs";
import { children, find } from "./search.mjs";
import { TOOLS } from "./zoo.mjs";

const run = promisify(execFile);
const LOOKER_FILE = fileURLToPath(new URL("looker.mjs", import.meta.url));

/** @typedef {import('./leaked.mjs').Part} Part */

/** Before the daemon begins: nobody sees who started this one. @param {import('./zoo.mjs').Zoo} zoo */
export async function unseen(zoo) {
  const dice = zoo.dice("unseen");
  await elapse(dice.between(0, 3_000));
  const host = await zoo.openHost();
  const session = await zoo.panel(host, { say: "This is never answered", servers: [IDLE] });
  zoo.book.add("unseen", session.pid);
  zoo.book.add("unseenServer", ...session.servers);
  await elapse(dice.between(0, 3_000));
  await host.kill();
}

/** Once the others have grown old. @param {Part} part */
export async function young({ zoo, looks, dice }) {
  const host = await zoo.openHost({ attached: dice.between(0, 1) === 1 });
  const session = await zoo.panel(host, { say: "This is never answered" });
  const [specimen] = zoo.book.add("young", session.pid);
  await looks.seen(session.pid);
  await host.kill();
  return specimen;
}

/** @type {Record<string, (part: Part) => Promise<void>>} */
export const KEPT = {
  async idle({ zoo, hosts: [host] }) {
    const session = await zoo.panel(host, { say: "Say hello", servers: [IDLE] });
    zoo.book.add("idle", session.pid);
    zoo.book.add("idleServer", ...session.servers);
  },

  async openTwice({ zoo, dice, hosts: [one, other] }) {
    const first = await zoo.panel(one, { say: "Say hello", servers: [IDLE] });
    await elapse(dice.between(1_500, 5_000));
    const second = await zoo.panel(other, { id: first.id, resume: true });
    zoo.book.add("openTwice", first.pid, second.pid);
    zoo.book.add("idleServer", ...first.servers);
  },

  async midAnswer({ zoo, looks, dice }) {
    const host = await zoo.openHost({ attached: dice.between(0, 1) === 1 });
    const session = await zoo.panel(host, { say: "This is answered at length" });
    zoo.book.add("midAnswer", session.pid);
    await looks.seen(session.pid);
    await elapse(dice.between(0, 5_000));
    await host.kill();
  },

  async serverAtWork({ zoo, looks, dice }) {
    const host = await zoo.openHost({ attached: dice.between(0, 1) === 1 });
    const session = await zoo.panel(host, { say: "This is never answered", servers: [{ BUSY: "1" }] });
    zoo.book.add("sessionOfServerAtWork", session.pid);
    zoo.book.add("serverAtWork", ...session.servers);
    await looks.seen(session.pid, ...session.servers);
    await elapse(dice.between(0, 5_000));
    await host.kill();
  },

  async toolAtWork({ zoo, looks, dice }) {
    const host = await zoo.openHost();
    const session = await zoo.panel(host, { say: TOOLS.atWork, args: ["--allowedTools", "Bash"] });
    const tool = await children(session.pid, "setInterval", 2);
    zoo.book.add("toolAtWork", session.pid);
    zoo.book.add("tool", ...tool);
    await looks.seen(session.pid, ...tool);
    await elapse(dice.between(0, 5_000));
    await host.kill();
  },

  async inTerminal({ zoo }) {
    const command = `exec '${zoo.executable}' --permission-mode default`;
    const terminal = zoo.start("script", ["-qfc", command, "/dev/null"], { stdio: ["pipe", "ignore", "ignore"] });
    zoo.book.add("multiplexer", terminal);
    zoo.book.add("inTerminal", ...(await children(terminal, zoo.executable, 1)));
  },

  async inTmux({ zoo }) {
    // Not in the folder that all of a user's tmux servers share.
    const socket = path.join(zoo.root, "tmux.sock");
    const tmux = (/** @type {string[]} */ ...args) => run("tmux", ["-S", socket, ...args], { env: zoo.variables });
    await tmux("new-session", "-d", "-c", zoo.folder, zoo.executable, "--permission-mode", "default");
    const { stdout } = await tmux("display-message", "-p", "#{pid} #{pane_pid}");
    const [server, session] = stdout.split(" ").map(Number);
    zoo.book.add("multiplexer", server);
    zoo.book.add("inTmux", session);
  },

  async forkedTwice({ zoo }) {
    const id = randomUUID();
    const fifo = path.join(zoo.root, "fifo");
    await run("mkfifo", [fifo]);
    const format = "--input-format stream-json --output-format stream-json --verbose";
    const script = `exec 3<>"${fifo}"; (setsid "${zoo.executable}" ${format} --session-id ${id} <&3 >/dev/null 2>&1 3>&- &)`;
    await run("sh", ["-c", script], { env: zoo.variables, cwd: zoo.folder });
    zoo.book.add("forkedTwice", await find(id));
  },

  /** A session by its program and arguments, quiet, and its host is dead: only that it asks us speaks for it. */
  async asks({ zoo, looks, dice }) {
    const host = await zoo.openHost();
    const folder = path.join(zoo.root, "asks");
    await mkdir(folder);
    const claude = path.join(folder, "claude");
    await copyFile(findProgram("bash") ?? "/bin/bash", claude);
    const looked = await looks.listen();
    const script = `'${process.execPath}' '${LOOKER_FILE}' '${looks.orders}' '${zoo.socket}'; :`;
    const args = ["-c", script, "claude", "--session-id", randomUUID()];
    const log = path.join(zoo.root, "looker.log");
    const asker = await host.ask("start", { command: claude, args, cwd: zoo.folder, log });
    zoo.book.add("asks", asker, ...(await children(asker, LOOKER_FILE, 1)));
    await looks.seen(asker);
    // Until it has asked, nothing at all speaks for it.
    await looked();
    await elapse(dice.between(0, 5_000));
    await host.kill();
  },
};
