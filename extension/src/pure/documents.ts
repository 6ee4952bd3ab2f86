// The document behind "Show Details", in Markdown: one incident from its beginning to its end.
import type { Culprit, Incident } from "../generated/protocol";
import { bugsAddress, culpritName, culpritOf, extensionOf, placeOf } from "./culprit";
import { cleanName, duration, escapeMarkdown, markdownLink, measured, share, type Translate } from "./format";
import { incidentSentence, isPlanned, preservedWords, recoveryMs, verdictWords } from "./sentences";
import { withoutName } from "./status-bar";
import type { Surroundings } from "./surroundings";

/** Formats a point in time for the user; an argument because it depends on place and language. */
export type FormatTime = (unixMs: number) => string;

/** Who saw a piece of evidence. */
export function witnessWords(witness: string, t: Translate): string {
  switch (witness) {
    case "mainThread":
      return t("main thread");
    case "worker":
      return t("worker thread");
    case "kernel":
      return t("operating system");
    case "socket":
      return t("IDE socket");
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
  return `${causeWords(incident, t)}: ${outcomeWords(incident, t)}`;
}

function causeWords(incident: Incident, t: Translate): string {
  switch (incident.cause) {
    case "drill":
      return t("Recovery drill");
    case "requested":
      return t("Requested restart");
    case "crash":
      return t("Crash");
    case "memory":
      return t("Memory nearly full");
    case "refresh":
      return t("Refresh");
    default:
      return t("Freeze");
  }
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
export function incidentDocument(incident: Incident, here: Surroundings, t: Translate, time: FormatTime): string {
  const lines: string[] = [
    `# ${escapeMarkdown(incidentTitle(incident, t))}`,
    "",
    escapeMarkdown(withoutName(incidentSentence(incident, here, t))),
    "",
  ];
  lines.push(`## ${t("Time line")}`, "", `| ${t("When")} | ${t("After")} | ${t("What")} |`, "|:--|--:|:--|");
  const row = (afterMs: number | null | undefined, what: string): void => {
    if (typeof afterMs !== "number") return;
    lines.push(`| ${escapeMarkdown(time(incident.beganUnixMs + afterMs))} | ${measured(afterMs, t)} | ${what} |`);
  };
  row(
    0,
    isPlanned(incident)
      ? t("restart of process {0} decided", incident.hostPid)
      : t("last sign of life of process {0}", incident.hostPid),
  );
  if (!isPlanned(incident))
    row(incident.verdictAfterMs, t("verdict: {0}", escapeMarkdown(verdictWords(incident.verdict, t))));
  if (incident.snapshotId) row(incident.actedAfterMs ?? incident.verdictAfterMs, t("snapshot saved"));
  const { heapUsedBytes: used, heapLimitBytes: limit } = incident;
  if (typeof used === "number" && typeof limit === "number") row(0, t("{0} of its heap in use", share(used, limit, t)));
  row(incident.actedAfterMs, t("process {0} ended", incident.hostPid));
  row(incident.endedAfterMs, endWords(incident, t));
  const culprit = culpritOf(incident);
  if (culprit) lines.push("", `## ${t("Blocked by")}`, "", ...culpritLines(culprit, t));
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

function culpritLines(culprit: Culprit, t: Translate): string[] {
  const displayName = cleanName(culprit.displayName ?? "", 100);
  const address = bugsAddress(culprit);
  const isExtension = extensionOf(culprit) !== undefined;
  const facts: [string, string][] = [
    [
      isExtension ? t("Extension") : t("Code"),
      escapeMarkdown([culpritName(culprit, t), displayName && `(${displayName})`].filter(Boolean).join(" ")),
    ],
    [t("Function"), escapeMarkdown(placeOf(culprit))],
  ];
  if (!isExtension) facts.push([t("File"), escapeMarkdown(cleanName(culprit.file, 1000))]);
  if (isExtension) facts.push([t("Freezes of this window in seven days"), String(culprit.timesThisWeek)]);
  if (address !== undefined) facts.push([t("Its authors take reports at"), markdownLink(address, address)]);
  return ["| | |", "|:--|:--|", ...facts.map(([name, value]) => `| ${name} | ${value} |`)];
}

function endWords(incident: Incident, t: Translate): string {
  if (incident.outcome === "cameBack") return t("process {0} answered again", incident.hostPid);
  if (incident.newHostPid) return t("process {0} attached as the new extension host", incident.newHostPid);
  return t("end");
}

/** An identifier inside backticks. */
function code(text: string): string {
  return text.replace(/[^\w.:-]/g, "_");
}
