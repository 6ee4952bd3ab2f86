// The documents behind "Show Details" and "Show Status", in Markdown.
import type { Incident, StatusReport, WindowStatus } from "../generated/protocol";
import { bytes, duration, escapeMarkdown, measured, type Translate } from "./format";
import { incidentSentence, preservedWords, recoveryMs, verdictWords } from "./sentences";
import { type StatusFacts, statusRows, withoutName } from "./status-bar";

/** Formats a point in time for the user; an argument because it depends on place and language. */
export type FormatTime = (unixMs: number) => string;

/** Who saw a piece of evidence. */
function witnessWords(witness: string, t: Translate): string {
  switch (witness) {
    case "mainThread":
      return t("main thread");
    case "worker":
      return t("worker thread");
    case "kernel":
      return t("operating system");
    case "debugger":
      return t("debugger");
    case "machine":
      return t("machine");
    case "user":
      return t("you");
    default:
      return escapeMarkdown(witness);
  }
}

/** Short title of an incident, for a list. */
export function incidentTitle(incident: Incident, t: Translate): string {
  const what =
    incident.cause === "drill"
      ? t("Recovery drill")
      : incident.cause === "requested"
        ? t("Requested restart")
        : incident.cause === "crash"
          ? t("Crash")
          : t("Freeze");
  return `${what}: ${outcomeWords(incident, t)}`;
}

function outcomeWords(incident: Incident, t: Translate): string {
  switch (incident.outcome) {
    case "recovered": {
      const took = recoveryMs(incident);
      return took === undefined ? t("recovered") : t("recovered in {0}", duration(took, t));
    }
    case "cameBack":
      return t("came back by itself");
    case "crashRecovered":
      return t("brought back by VS Code");
    case "refused":
      return t("not restarted");
    case "notVerified":
      return t("restarted, not verified");
    case "open":
      return t("under way");
    default:
      return String(incident.outcome);
  }
}

/** The details of an incident. */
export function incidentDocument(incident: Incident, t: Translate, time: FormatTime): string {
  const lines: string[] = [
    `# ${escapeMarkdown(incidentTitle(incident, t))}`,
    "",
    escapeMarkdown(withoutName(incidentSentence(incident, t))),
    "",
  ];
  lines.push(`## ${t("Time line")}`, "", `| ${t("When")} | ${t("After")} | ${t("What")} |`, "|:--|--:|:--|");
  const row = (afterMs: number | null | undefined, what: string): void => {
    if (typeof afterMs !== "number") return;
    lines.push(`| ${escapeMarkdown(time(incident.beganUnixMs + afterMs))} | ${measured(afterMs, t)} | ${what} |`);
  };
  row(0, t("last sign of life of process {0}", incident.hostPid));
  row(incident.verdictAfterMs, t("verdict: {0}", escapeMarkdown(verdictWords(incident.verdict, t))));
  if (incident.snapshotId) row(incident.actedAfterMs ?? incident.verdictAfterMs, t("snapshot saved"));
  row(incident.actedAfterMs, t("process {0} ended", incident.hostPid));
  row(incident.endedAfterMs, endWords(incident, t));
  lines.push("", `## ${t("Evidence")}`, "");
  if (incident.evidence.length === 0) lines.push(t("None was recorded."));
  else lines.push(`| ${t("Witness")} | ${t("Observation")} |`, "|:--|:--|");
  for (const { witness, text } of incident.evidence)
    lines.push(`| ${witnessWords(witness, t)} | ${escapeMarkdown(text)} |`);
  lines.push(
    "",
    `## ${t("Preserved")}`,
    "",
    escapeMarkdown(preservedWords(incident.preserved, t) ?? t("Nothing was open that had to be preserved.")),
  );
  if (incident.snapshotId) {
    lines.push(
      "",
      `${t("Snapshot")}: \`${code(incident.snapshotId)}\` (\`lifeline snapshots show ${code(incident.snapshotId)}\`)`,
    );
  }
  lines.push("", `${t("Window")}: ${escapeMarkdown(incident.label)} · ${t("Incident")}: \`${code(incident.id)}\``, "");
  return lines.join("\n");
}

function endWords(incident: Incident, t: Translate): string {
  if (incident.outcome === "cameBack") return t("process {0} answered again", incident.hostPid);
  if (incident.newHostPid) return t("process {0} attached as the new extension host", incident.newHostPid);
  return t("end");
}

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
  for (const window of report.windows) lines.push(...windowSection(window, own, t));
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
  for (const { text } of window.notices) lines.push(`- ${escapeMarkdown(text)}`);
  if (window.evidence.length + window.notices.length > 0) lines.push("");
  return lines;
}

/** An identifier inside backticks. */
function code(text: string): string {
  return text.replace(/[^\w.:-]/g, "_");
}
