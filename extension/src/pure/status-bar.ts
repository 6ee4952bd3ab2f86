// What the status bar item says: one icon while all is well, a few words when something is going on.
import type { Incident, WindowStatus } from "../generated/protocol";
import type { LinkProblem } from "../wire/link";
import { connectionHeadline, connectionRows } from "./connection";
import { bytes, duration, escapeMarkdown, type Translate } from "./format";
import { memoryLine, memoryOf, spanMs, sparkline, timeToLimit } from "./memory";
import { noticeSentence } from "./notices";
import { incidentSentence, problemSentence, verdictWords } from "./sentences";
import type { StatusBarChoice } from "./settings";
import type { Surroundings } from "./surroundings";

/** All that the item depends on. */
export interface StatusFacts {
  readonly attached: boolean;
  /** How long there has been no connection, in milliseconds. */
  readonly detachedForMs: number;
  readonly problem: LinkProblem | undefined;
  readonly daemonVersion: string | undefined;
  readonly cannotSave: string | undefined;
  readonly status: WindowStatus | undefined;
  /** How long ago it was told. */
  readonly statusAgeMs: number;
  readonly here: Surroundings;
  /** The last recovery of this window, and how long ago it was told. */
  readonly lastRecovery: { readonly incident: Incident; readonly agoMs: number } | undefined;
}

/** The item as it is drawn. */
export interface StatusItem {
  readonly visible: boolean;
  readonly text: string;
  /** For a screen reader. */
  readonly label: string;
  readonly warning: boolean;
  /** Markdown; all that came from elsewhere is escaped in it. */
  readonly tooltip: string;
}

/** A recovery stays in the item for this long. */
export const RECOVERED_FOR_MS = 60_000;
/** A reconnection that is quicker than this is not worth a word. */
export const QUIET_DETACH_MS = 3000;
/** Exits after which VS Code brings a host back, in 5 minutes. */
const EXIT_BUDGET = 2;

interface Headline {
  readonly icon: string;
  readonly words: string;
  readonly warning?: boolean;
  readonly problem: boolean;
}

/** Draws the item. */
export function statusItem(facts: StatusFacts, choice: StatusBarChoice, t: Translate): StatusItem {
  const headline = headlineOf(facts, t);
  const visible = choice === "always" || (choice === "problems" && headline.problem);
  return {
    visible,
    text: headline.words === "" ? `$(${headline.icon})` : `$(${headline.icon}) ${headline.words}`,
    label: headline.words === "" ? t("Lifeline: watching this window") : t("Lifeline: {0}", headline.words),
    warning: headline.warning === true,
    tooltip: tooltip(facts, headline, t),
  };
}

function headlineOf(facts: StatusFacts, t: Translate): Headline {
  const { status } = facts;
  if (!facts.attached) {
    if (facts.problem) return { icon: "warning", words: t("Lifeline Off"), warning: true, problem: true };
    if (facts.detachedForMs < QUIET_DETACH_MS) return { icon: "pulse", words: "", problem: false };
    return { icon: "debug-disconnect", words: t("Reconnecting"), problem: true };
  }
  if (status?.phase === "gaveUp") return { icon: "warning", words: t("Reload Needed"), warning: true, problem: true };
  if (status?.paused) return { icon: "debug-pause", words: t("Paused"), warning: true, problem: true };
  if (facts.cannotSave !== undefined || status?.notices.some(({ code }) => code === "cannotSave")) {
    return { icon: "warning", words: t("Cannot Save"), warning: true, problem: true };
  }
  switch (status?.phase) {
    case "saving":
    case "restarting":
    case "verifying":
      return { icon: "sync", words: t("Recovering"), problem: true };
    case "asking":
      return { icon: "question", words: t("Frozen"), warning: true, problem: true };
    case "suspect":
      return { icon: "pulse", words: t("Late"), problem: true };
  }
  const memory = status && memoryHeadline(status, t);
  if (memory?.warning) return memory;
  const connection = status && connectionHeadline(status, facts.statusAgeMs, t);
  if (connection) return { ...connection, problem: true };
  if (status?.waitsFor) return { icon: "watch", words: t("Restart Pending"), problem: true };
  // How it is counts for more than how it was.
  if (memory) return memory;
  if (status?.degraded) return { icon: "dashboard", words: t("Slow"), problem: true };
  if (facts.lastRecovery && facts.lastRecovery.agoMs < RECOVERED_FOR_MS) {
    return { icon: "check", words: t("Recovered"), problem: true };
  }
  if (status?.mode === "observe") return { icon: "eye", words: "", problem: false };
  return { icon: "pulse", words: "", problem: false };
}

/** High is said, critical is loud: it will soon be dead. */
function memoryHeadline(status: WindowStatus, t: Translate): Headline | undefined {
  const memory = memoryOf(status);
  if (!memory || (memory.level !== "high" && memory.level !== "critical")) return undefined;
  const percent = Math.round(memory.percent);
  const left = timeToLimit(memory, t);
  const words = left === undefined ? t("Memory {0} %", percent) : t("Memory {0} %, full in {1}", percent, left);
  const isCritical = memory.level === "critical";
  return { icon: isCritical ? "warning" : "pulse", words, warning: isCritical, problem: true };
}

function tooltip(facts: StatusFacts, headline: Headline, t: Translate): string {
  const lines: string[] = [];
  const { status } = facts;
  lines.push(`**Lifeline** — ${summary(facts, headline, t)}`);
  if (facts.problem) lines.push(escapeMarkdown(problemSentence(facts.problem, t)));
  if (facts.cannotSave) lines.push(`$(warning) ${escapeMarkdown(facts.cannotSave)}`);
  for (const notice of status?.notices.slice(0, 3) ?? []) {
    lines.push(`$(info) ${escapeMarkdown(noticeSentence(notice, facts.here, t))}`);
  }
  const rows = status ? statusRows(facts, status, t) : [];
  if (rows.length > 0)
    lines.push(["| | |", "|:--|:--|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n"));
  if (facts.lastRecovery) {
    const { incident, agoMs } = facts.lastRecovery;
    lines.push(
      t("Last recovery, {0} ago:", duration(agoMs, t)) +
        ` ${escapeMarkdown(withoutName(incidentSentence(incident, facts.here, t)))}`,
    );
  }
  const pause = status?.paused
    ? `[${t("Resume")}](command:lifeline.resume)`
    : `[${t("Pause")}](command:lifeline.pause)`;
  const links = [
    `[${t("Status")}](command:lifeline.showStatus)`,
    `[${t("History")}](command:lifeline.showHistory)`,
    `[${t("Log")}](command:lifeline.showLog)`,
  ];
  lines.push("---", (facts.attached ? [...links, pause] : links).join(" &nbsp;|&nbsp; "));
  return lines.join("\n\n");
}

function summary(facts: StatusFacts, headline: Headline, t: Translate): string {
  if (facts.attached && headline.words === "") {
    return facts.status?.mode === "observe" ? t("observing this window") : t("watching this window");
  }
  return headline.words === "" ? t("connecting") : headline.words;
}

/** Name and value of each row; values are escaped. Also used by the status document. */
export function statusRows(facts: StatusFacts, status: WindowStatus, t: Translate): [string, string][] {
  const rows: [string, string][] = [];
  rows.push([
    t("Extension host"),
    status.hostPid === null ? t("between two processes") : t("process {0}", status.hostPid),
  ]);
  rows.push([t("State"), escapeMarkdown(verdictWords(status.verdict, t))]);
  if (typeof status.silentMs === "number")
    rows.push([t("Last sign of life"), t("{0} ago", duration(status.silentMs, t))]);
  if (typeof status.delayP99Ms === "number") {
    rows.push([t("Event loop delay"), t("{0} ms (99th percentile)", Math.round(status.delayP99Ms))]);
  }
  rows.push(...connectionRows(status, t));
  const heap = memoryLine(status, t);
  if (heap !== undefined) rows.push([t("Memory"), heap]);
  const { history = [] } = memoryOf(status) ?? {};
  if (history.length > 1) rows.push([t("Last {0}", duration(spanMs(history), t)), sparkline(history)]);
  if (typeof status.rssBytes === "number") rows.push([t("Whole process"), bytes(status.rssBytes, t)]);
  if (typeof status.hostAgeMs === "number") rows.push([t("Running for"), duration(status.hostAgeMs, t)]);
  if (status.degraded) rows.push([t("Slow"), escapeMarkdown(status.degraded)]);
  if (status.waitsFor) rows.push([t("Restart"), t("waits for: {0}", escapeMarkdown(status.waitsFor))]);
  if (status.guarded === false) {
    rows.push([t("Protection"), t("none: Lifeline does not run in that window and does nothing to it")]);
    return rows;
  }
  const left = Math.max(0, EXIT_BUDGET - status.restartsInWindow);
  rows.push([t("Restarts left"), t("{0} of {1} in 5 minutes", left, EXIT_BUDGET)]);
  rows.push([t("Mode"), modeWords(status, t)]);
  if (facts.daemonVersion !== undefined) rows.push([t("Daemon"), escapeMarkdown(facts.daemonVersion)]);
  return rows;
}

function modeWords(status: WindowStatus, t: Translate): string {
  if (status.paused) return t("paused");
  switch (status.mode) {
    case "automatic":
      return t("restarts by itself");
    case "ask":
      return t("asks before a restart");
    case "observe":
      return t("observes only");
  }
}

/** Without the leading "Lifeline:", where the name stands already. */
export function withoutName(sentence: string): string {
  return sentence.replace(/^Lifeline: (\p{Ll})/u, (_, first: string) => first.toUpperCase()).replace(/^Lifeline: /, "");
}
