// The rows of the view "Doctor": findings by severity, with what is to be known and done about each, and what was looked at. Data alone.
import { type Check, countWrong, type Diagnosis, type Finding, SEVERITIES, type Severity } from "./doctor";
import { cleanName, escapeMarkdown, type Translate } from "./format";
import { canWords } from "./rows";
import type { StateIcon } from "./session-words";

/** One row, and those under it. */
export interface DoctorRow {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon: StateIcon | undefined;
  /** Markdown; all that came from elsewhere is escaped in it. */
  readonly tooltip: string;
  /** What can be done with it, as words for `viewItem =~` in package.json. */
  readonly can: string;
  /** Folded until the user opens it. */
  readonly collapsed: boolean;
  readonly rows: readonly DoctorRow[];
  /** The finding that it is, or belongs to. */
  readonly finding?: Finding;
}

/** A row shows a line of it, its tooltip all. */
const LINE_LENGTH = 200;

/** Without errors and warnings it begins with a green line, and so it does when there is nothing else. */
export function doctorTree(diagnosis: Diagnosis, t: Translate): DoctorRow[] {
  const { findings, checks, network } = diagnosis;
  const groups = SEVERITIES.flatMap((severity) => {
    const own = findings.filter((finding) => finding.severity === severity);
    return own.length === 0 ? [] : severityRow(severity, own, findings, t);
  });
  const well = countWrong(diagnosis) === 0 ? [wellRow(checks.length, t)] : [];
  const measured = network.length === 0 ? [] : [networkRow(network, t)];
  return [...well, ...groups, ...measured, ...(checks.length === 0 ? [] : [checksRow(checks, t)])];
}

function networkRow(sentences: readonly string[], t: Translate): DoctorRow {
  const rows = sentences.map((sentence, i) => ({
    ...row(`network:${i}`, sentence, ""),
    tooltip: paragraphs(sentence),
  }));
  return { ...row("network", t("Network"), t("measured")), collapsed: true, rows };
}

/** `1 check`, `24 checks`. */
export function checksWords(count: number, t: Translate): string {
  return count === 1 ? t("1 check") : t("{0} checks", count);
}

function wellRow(checks: number, t: Translate): DoctorRow {
  const label = t("Nothing is wrong");
  return { ...row("well", label, checksWords(checks, t)), icon: { icon: "pass", color: "charts.green" } };
}

function severityRow(severity: Severity, own: readonly Finding[], all: readonly Finding[], t: Translate): DoctorRow {
  return {
    ...row(`severity:${severity}`, severityWords(severity, t), String(own.length)),
    // VS Code shows nothing at all when two rows have one id: the place in the list is the finding's.
    rows: own.map((finding) => findingRow(finding, `finding:${all.indexOf(finding)}`, t)),
  };
}

function severityWords(severity: Severity, t: Translate): string {
  switch (severity) {
    case "error":
      return t("Errors");
    case "warning":
      return t("Warnings");
    case "hint":
      return t("Hints");
  }
}

function severityIcon(severity: Severity): StateIcon {
  switch (severity) {
    case "error":
      return { icon: "error", color: "charts.red" };
    case "warning":
      return { icon: "warning", color: "charts.yellow" };
    case "hint":
      return { icon: "lightbulb", color: "charts.blue" };
  }
}

function findingRow(finding: Finding, id: string, t: Translate): DoctorRow {
  const { title, place, repair, detail, why, source, fix } = finding;
  const parts: [string, string, string | undefined][] = [
    ["detail", "note", detail],
    ["why", "question", why && t("Why it matters: {0}", why)],
    ...fix.map((step, i): [string, string, string] => [
      `fix${i}`,
      "arrow-right",
      fix.length === 1 ? t("To do: {0}", step) : t("To do, {0}: {1}", i + 1, step),
    ]),
    ["source", "book", source && t("Source: {0}", source)],
  ];
  const rows = parts.flatMap(([part, icon, text]) =>
    text === undefined
      ? []
      : { ...row(`${id}/${part}`, text, ""), icon: { icon, color: undefined }, tooltip: paragraphs(text), finding },
  );
  return {
    ...row(id, title, place ? `${baseName(place.file)}:${place.line}` : ""),
    icon: severityIcon(finding.severity),
    tooltip: findingTooltip(finding, t),
    can: canWords("finding", [
      ["fix", repair !== undefined],
      ["place", place !== undefined],
    ]),
    collapsed: true,
    rows,
    finding,
  };
}

function findingTooltip({ title, detail, why, source, fix, repair }: Finding, t: Translate): string {
  const steps = fix.map((step, i) => `${i + 1}. ${escapeMarkdown(step)}`).join("\n");
  const lines = [
    `**${escapeMarkdown(title)}**`,
    detail && paragraphs(detail),
    why && t("Why it matters: {0}", escapeMarkdown(why)),
    steps && `${t("To do:")}\n\n${steps}`,
    repair && t("Fix It does it for you: {0}", escapeMarkdown(repair.label)),
    source && t("Source: {0}", escapeMarkdown(source)),
  ];
  return lines.filter(Boolean).join("\n\n");
}

function checksRow(checks: readonly Check[], t: Translate): DoctorRow {
  const unknown = checks.filter(({ state }) => state === "unknown").length;
  const parts = [String(checks.length), ...(unknown > 0 ? [t("{0} could not be made", unknown)] : [])];
  return {
    ...row("checks", t("What was looked at"), parts.join(" · ")),
    collapsed: true,
    rows: checks.map((check, i) => ({
      ...row(`check:${i}`, check.title, check.note ?? (check.state === "unknown" ? t("could not be made") : "")),
      icon: checkIcon(check),
    })),
  };
}

function checkIcon({ state }: Check): StateIcon {
  switch (state) {
    case "ok":
      return { icon: "pass", color: "charts.green" };
    case "found":
      return { icon: "circle-filled", color: "charts.yellow" };
    case "unknown":
      return { icon: "question", color: "disabledForeground" };
  }
}

function row(id: string, label: string, description: string): DoctorRow {
  const line = cleanName(label, LINE_LENGTH);
  const beside = cleanName(description, LINE_LENGTH);
  const tooltip = [label, description].filter(Boolean).map(escapeMarkdown).join("\n\n");
  return { id, label: line, description: beside, icon: undefined, tooltip, can: "", collapsed: false, rows: [] };
}

function paragraphs(text: string): string {
  return text.split(/\n+/).map(escapeMarkdown).join("\n\n");
}

function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
}
