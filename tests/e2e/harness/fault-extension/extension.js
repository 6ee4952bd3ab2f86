// A VS Code extension that injects faults into its extension host, by command or by a file in $LIFELINE_FAULTS_DIR.
//
// In that folder: `<fault>.json` (or `<fault>@<pid>.json` for one host among several) holds arguments and asks for the fault;
// `<fault>.started` (or `<fault>@<pid>.started`) tells when it began. `host.json` and `host-<pid>.json` describe the newest and each host;
// `events.jsonl` lists activations and deactivations.

const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const { FAULTS } = require("./faults.js");

const folder = process.env.LIFELINE_FAULTS_DIR;

function activate(context) {
  // The others only make sense with arguments.
  const offered = new Set(context.extension.packageJSON.contributes.commands.map(({ command }) => command));
  for (const [name, inject] of Object.entries(FAULTS)) {
    if (!offered.has(`faults.${name}`)) continue;
    context.subscriptions.push(vscode.commands.registerCommand(`faults.${name}`, (args) => inject(args ?? {})));
  }
  if (!folder) return;
  record("activate", { window: vscode.env.sessionId });
  const host = {
    pid: process.pid,
    ppid: process.ppid,
    startedAt: Date.now() - Math.round(process.uptime() * 1000),
    activatedAt: Date.now(),
  };
  const watcher = fs.watch(folder, (_event, name) => take(name));
  context.subscriptions.push({ dispose: () => watcher.close() });
  writeAtomically(`host-${process.pid}.json`, host);
  writeAtomically("host.json", host);
  for (const name of fs.readdirSync(folder)) take(name);
}

function deactivate() {
  if (folder) record("deactivate", {});
}

function take(file) {
  const asked = /^(\w+?)(?:@(\d+))?\.json$/.exec(file ?? "");
  if (!asked || !Object.hasOwn(FAULTS, asked[1])) return;
  const [, name, pid] = asked;
  if (pid && Number(pid) !== process.pid) return;
  // Of several hosts that see the file, the one that manages to rename it injects the fault.
  const claimed = path.join(folder, `.${file}.${process.pid}`);
  let args;
  try {
    fs.renameSync(path.join(folder, file), claimed);
    args = JSON.parse(fs.readFileSync(claimed, "utf8") || "{}");
    fs.rmSync(claimed);
  } catch {
    return;
  }
  writeAtomically(file.replace(/json$/, "started"), { pid: process.pid, at: Date.now() });
  record("fault", { name, args });
  FAULTS[name](args);
}

function record(event, facts) {
  fs.appendFileSync(
    path.join(folder, "events.jsonl"),
    `${JSON.stringify({ event, pid: process.pid, at: Date.now(), ...facts })}\n`,
  );
}

function writeAtomically(name, value) {
  const temporary = path.join(folder, `.${name}.${process.pid}.tmp`);
  fs.writeFileSync(temporary, JSON.stringify(value));
  fs.renameSync(temporary, path.join(folder, name));
}

module.exports = { activate, deactivate };
