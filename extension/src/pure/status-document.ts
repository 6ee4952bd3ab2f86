// The document behind "Show Full Status", in Markdown: the daemon, the machine, all windows, Claude Code's sockets and processes.
import type { ClaudeProcess, MachineStatus, SocketStatus, StatusReport, WindowStatus } from "../generated/protocol";
import { witnessWords } from "./documents";
import { bytes, duration, escapeMarkdown, type Translate } from "./format";
import { memoryLeft } from "./memory";
import { noticeSentence } from "./notices";
import { type StatusFacts, statusRows, withoutName } from "./status-bar";

/** The daemon and all windows. */
export function statusDocument(report: StatusReport, own: StatusFacts, t: Translate): string {
  const lines: string[] = [`# ${t("Lifeline status")}`, ""];
  if (report.cannotSave) lines.push(`> ${t("Cannot save: {0}", escapeMarkdown(report.cannotSave))}`, "");
  lines.push(
    t(
      "Daemon {0}, process {1}, running for {2}, {3} of memory.",
      escapeMarkdown(report.daemonVersion),
      report.daemonPid,
      duration(report.uptimeMs, t),
      bytes(report.rssBytes, t),
    ),
    "",
  );
  lines.push(...machineLines(report.machine, t));
  for (const window of report.windows) lines.push(...windowSection(window, own, t));
  lines.push(...socketSection(report.sockets ?? [], report.lockProblems ?? [], t));
  lines.push(...claudeSection(report.claude ?? [], t));
  return lines.join("\n");
}

function windowSection(window: WindowStatus, own: StatusFacts, t: Translate): string[] {
  const mine = window.windowId === own.status?.windowId;
  const name = escapeMarkdown(window.label);
  const lines = [`## ${mine ? t("{0} (this window)", name) : name}`, "", "| | |", "|:--|:--|"];
  for (const [label, value] of statusRows({ ...own, daemonVersion: undefined }, window, t))
    lines.push(`| ${label} | ${value} |`);
  lines.push("");
  for (const { witness, text } of window.evidence) lines.push(`- ${witnessWords(witness, t)}: ${escapeMarkdown(text)}`);
  for (const notice of window.notices) {
    lines.push(`- ${escapeMarkdown(withoutName(noticeSentence(notice, own.here, t)))}`);
  }
  if (window.evidence.length + window.notices.length > 0) lines.push("");
  return lines;
}

function machineLines(machine: MachineStatus | undefined, t: Translate): string[] {
  const left = memoryLeft(machine, t);
  if (!machine || left === undefined) return [];
  const parts = [
    machine.memoryIsLimited
      ? t("Memory left in this container: {0}", left)
      : t("Memory left on this machine: {0}", left),
  ];
  const { cpuPressurePercent: cpu, memoryPressurePercent: memory } = machine;
  if (typeof cpu === "number") parts.push(t("waits for a CPU {0} % of the time", Math.round(cpu)));
  if (typeof memory === "number") parts.push(t("for memory {0} %", Math.round(memory)));
  return [`${parts.join(", ")}.`, ""];
}

function answerWords(socket: SocketStatus, t: Translate): string {
  if (socket.bridged === true) {
    return typeof socket.leadsTo === "number"
      ? t("its host has ended; Lifeline leads its clients to port {0}", socket.leadsTo)
      : t("its host has ended; its clients wait for the next one");
  }
  switch (socket.answer) {
    case "answers":
      return typeof socket.roundTripMs === "number"
        ? t("answers in {0} ms", milliseconds(socket.roundTripMs))
        : t("answers");
    case "silent":
      return t("silent: {0} probes in a row were not answered", socket.missedInARow);
    case "nobody":
      return t("nobody listens: its lock file is stale");
    case "foreign":
      return t("something else listens there");
    case "unknown":
      return t("not probed yet");
    default:
      return escapeMarkdown(socket.answer);
  }
}

function socketSection(sockets: readonly SocketStatus[], problems: readonly string[], t: Translate): string[] {
  if (sockets.length + problems.length === 0) return [];
  const lines = [`## ${t("Claude Code's IDE sockets")}`, ""];
  if (sockets.length > 0) {
    const head = [
      t("Port"),
      t("Editor"),
      t("Folders"),
      t("Answer"),
      t("Median"),
      t("Missed"),
      t("Process"),
      t("Clients"),
    ];
    lines.push(`| ${head.join(" | ")} |`, "|--:|:--|:--|:--|--:|--:|--:|:--|");
    for (const socket of sockets) {
      const median = socket.medianRoundTripMs;
      const cells = [
        socket.port,
        escapeMarkdown(socket.ideName),
        escapeMarkdown(socket.workspaceFolders.join(", ")),
        answerWords(socket, t),
        typeof median === "number" ? t("{0} ms", milliseconds(median)) : "",
        t("{0} of {1}", socket.missed, socket.probes),
        socket.ownerPid ?? "",
        socket.clientPids.join(", "),
      ];
      lines.push(`| ${cells.join(" | ")} |`);
    }
    lines.push("");
  }
  for (const problem of problems) lines.push(`- ${escapeMarkdown(problem)}`);
  if (problems.length > 0) lines.push("");
  return lines;
}

function claudeSection(processes: readonly ClaudeProcess[], t: Translate): string[] {
  if (processes.length === 0) return [];
  const head = [t("Process"), t("Kind"), t("Extension host"), t("Memory")];
  const kind = (name: string): string =>
    name === "panel" ? t("chat panel") : name === "cli" ? t("terminal") : escapeMarkdown(name);
  return [
    `## ${t("Claude Code processes")}`,
    "",
    `| ${head.join(" | ")} |`,
    "|--:|:--|--:|--:|",
    ...processes.map((one) => `| ${one.pid} | ${kind(one.kind)} | ${one.hostPid} | ${bytes(one.rssBytes, t)} |`),
    "",
  ];
}

/** Tenths while they say something. */
function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}
