// The rows of the view "Processes": those of Claude Code that may have been left behind, with the reasons, and those in use. Data alone.
import type { ProcessesReport, ProcessStatus } from "../generated/protocol";
import { bytes, cleanName, escapeMarkdown, type Translate } from "./format";
import { canWords, type ListGroup, type ListRow } from "./rows";
import { ageWords, type StateIcon } from "./session-words";

/** A reason may hold a path; a row and a tooltip are no place to read. */
const REASON_LENGTH = 200;
const COMMAND_LENGTH = 60;

/** One process. */
export interface ProcessRow extends ListRow {
  /** Names the process to the daemon. */
  readonly processId: string;
}

const GRADES = ["certain", "suspect", "inUse"] as const;

/** Certain ones, suspects, those in use; each in the daemon's order, groups without any left out. */
export function processTree({ processes }: ProcessesReport, t: Translate): ListGroup<ProcessRow>[] {
  return GRADES.flatMap((grade) => {
    const own = processes.filter((process) => gradeOf(process) === grade);
    if (own.length === 0) return [];
    const total = own.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
    return {
      id: `grade:${grade}`,
      label: gradeWords(grade, t),
      description: `${own.length} · ${bytes(total, t)}`,
      collapsed: grade === "inUse",
      rows: own.map((process) => processRow(process, t)),
    };
  });
}

/** What would be ended, one line each, for the question: of several only the first reasons. */
export function endingLines(processes: readonly ProcessStatus[], t: Translate): string {
  const most = processes.length > 1 ? 2 : undefined;
  return processes
    .map((process) => {
      const others = process.treePids.length - 1;
      const more = others > 0 ? ` ${t("with {0} more", others)}` : "";
      return `${process.pid} ${cleanName(process.command, COMMAND_LENGTH)}${more}, ${bytes(process.treeBytes, t)}: ${reasons(process.why.slice(0, most))}`;
    })
    .join("\n");
}

/** All that are certain, without those that end with another. */
export function certainOnes({ processes }: ProcessesReport): ProcessStatus[] {
  const certain = processes.filter(({ grade }) => grade === "certain");
  return certain.filter((one) => !certain.some(({ pid, treePids }) => pid !== one.pid && treePids.includes(one.pid)));
}

function gradeOf({ grade }: ProcessStatus): (typeof GRADES)[number] {
  return grade === "certain" || grade === "suspect" ? grade : "inUse";
}

function gradeWords(grade: (typeof GRADES)[number], t: Translate): string {
  switch (grade) {
    case "certain":
      return t("Left behind");
    case "suspect":
      return t("Perhaps left behind");
    case "inUse":
      return t("In use");
  }
}

function processRow(process: ProcessStatus, t: Translate): ProcessRow {
  const grade = gradeOf(process);
  const { id, pid, sessionId, folder, transcript } = process;
  const parts = [
    ageWords(process.ageMs, t),
    bytes(process.treeBytes, t),
    grade === "inUse" ? undefined : reasons(process.why.slice(0, 1)),
  ];
  const can = canWords("process", [
    ["end", grade !== "inUse"],
    ["resume", grade !== "inUse" && sessionId !== null && process.kind === "session"],
    ["copy", sessionId !== null && process.kind === "session"],
    ["transcript", transcript !== null],
  ]);
  return {
    id: `process:${id}`,
    label: `${cleanName(process.command, COMMAND_LENGTH)} (${pid})`,
    description: parts.filter((part) => part !== undefined).join(" · "),
    icon: icon(process),
    tooltip: tooltip(process, t),
    can,
    processId: id,
    target: { sessionId, pid, shellPid: null, folder, transcript },
  };
}

function icon(process: ProcessStatus): StateIcon {
  const icon = process.kind === "mcpServer" ? "server-process" : process.kind === "session" ? "hubot" : "terminal";
  switch (gradeOf(process)) {
    case "certain":
      return { icon, color: "charts.red" };
    case "suspect":
      return { icon, color: "charts.yellow" };
    case "inUse":
      return { icon, color: undefined };
  }
}

function tooltip(process: ProcessStatus, t: Translate): string {
  const text = (value: string): string => escapeMarkdown(cleanName(value, REASON_LENGTH));
  const bullets = (all: readonly string[]): string => all.map((one) => `- ${text(one)}`).join("\n");
  const lines = [`**${text(process.command)}**`, bullets(process.why)];
  if (process.doubts.length > 0) lines.push(`${t("But:")}\n\n${bullets(process.doubts)}`);
  const rows: [string, string | null][] = [
    [t("Process"), String(process.pid)],
    [t("Session"), process.sessionId],
    [t("Folder"), process.folder],
    [t("Memory"), bytes(process.treeBytes, t)],
    [t("Ends with it"), process.treePids.slice(1).join(", ") || null],
  ];
  const known = rows.flatMap(([name, value]) => (value === null ? [] : [`| ${name} | ${text(value)} |`]));
  lines.push(["| | |", "|:--|:--|", ...known].join("\n"));
  return lines.join("\n\n");
}

function reasons(why: readonly string[]): string {
  return why.map((one) => cleanName(one, REASON_LENGTH)).join("; ");
}
