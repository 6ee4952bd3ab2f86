// The connection report as it is asked for: its span of time, the program's arguments, what that says of its progress, and names for what comes out.
import type { Translate } from "./format";

/** A span of time to choose: up to now, from so many hours ago or from the beginning. */
export type SpanChoice = "everything" | "day" | "week" | "month";

/** In the order in which they are offered. */
export const SPAN_CHOICES: readonly SpanChoice[] = ["everything", "day", "week", "month"];

const HOURS: Readonly<Record<SpanChoice, number | undefined>> = {
  everything: undefined,
  day: 24,
  week: 7 * 24,
  month: 30 * 24,
};

/** A span that was chosen, with its beginning held: what is copied later is about the same time as what is shown. */
export interface Span {
  readonly choice: SpanChoice;
  /** RFC 3339; undefined from the beginning. */
  readonly since: string | undefined;
}

/** The span as of now. */
export function spanOf(choice: SpanChoice, nowUnixMs: number): Span {
  const hours = HOURS[choice];
  return { choice, since: hours === undefined ? undefined : new Date(nowUnixMs - hours * 3_600_000).toISOString() };
}

/** What was kept of a span, whoever wrote it; everything when it is none. */
export function readSpan(kept: unknown): Span {
  const { choice, since } = (kept ?? {}) as Partial<Record<keyof Span, unknown>>;
  const known = SPAN_CHOICES.find((one) => one === choice);
  if (known === undefined || known === "everything") return { choice: "everything", since: undefined };
  const isTime = typeof since === "string" && /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/.test(since);
  return isTime ? { choice: known, since } : { choice: "everything", since: undefined };
}

/** What a choice is called. */
export function spanWords(choice: SpanChoice, t: Translate): string {
  switch (choice) {
    case "everything":
      return t("Everything");
    case "day":
      return t("Last 24 Hours");
    case "week":
      return t("Last 7 Days");
    case "month":
      return t("Last 30 Days");
  }
}

/** Title of the panel. */
export function reportTitle({ choice }: Span, t: Translate): string {
  return choice === "everything" ? t("Connection Report") : t("Connection Report: {0}", spanWords(choice, t));
}

/** A form in which the program prints a report. */
export type ReportFormat = "html" | "markdown" | "json";

/** Arguments of `lifeline`. Names stay redacted. */
export function reportArguments({ since }: Span, format: ReportFormat): [string, ...string[]] {
  const bound = since === undefined ? [] : ["--since", since];
  return ["report", "--format", format, "--progress", "json", ...bound];
}

/** The form that a file's name asks for; undefined when it asks for none of ours. */
export function formatOfName(name: string): ReportFormat | undefined {
  switch (/\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase()) {
    case "html":
    case "htm":
      return "html";
    case "md":
    case "markdown":
      return "markdown";
    case "json":
      return "json";
    default:
      return undefined;
  }
}

/** Name of a new file: `connection-report-2026-04-16.html`. */
export function reportFileName(nowUnixMs: number): string {
  return `connection-report-${new Date(nowUnixMs).toISOString().slice(0, 10)}.html`;
}

/** How far the reading has come, in bytes. */
export interface Progress {
  readonly read: number;
  readonly all: number;
}

/** A line that is longer is none of ours. */
const LINE_AT_MOST = 1000;
/** Of what the program says besides. */
const WORDS_AT_MOST = 2000;

/** Cuts stderr into what tells of the progress and what is said to people. */
export class ReportStderr {
  private line = "";
  private said = "";

  /** Takes a piece that may begin and end anywhere; returns the newest progress in it. */
  push(piece: string): Progress | undefined {
    const lines = piece.split("\n");
    let newest: Progress | undefined;
    for (const [index, part] of lines.entries()) {
      // The rest of an overlong line changes nothing any more.
      if (this.line.length <= LINE_AT_MOST) this.line += part.slice(0, LINE_AT_MOST + 1);
      if (index < lines.length - 1) newest = this.take() ?? newest;
    }
    return newest;
  }

  /** What was said to people, once nothing more will come. */
  words(): string {
    this.take();
    return this.said.trim();
  }

  private take(): Progress | undefined {
    const { line } = this;
    this.line = "";
    const progress = line.length <= LINE_AT_MOST ? readProgress(line) : undefined;
    if (progress === undefined) this.said = `${this.said}${line}\n`.slice(0, WORDS_AT_MOST);
    return progress;
  }
}

function readProgress(line: string): Progress | undefined {
  try {
    const { read, all } = JSON.parse(line) as Record<keyof Progress, unknown>;
    return isBytes(read) && isBytes(all) && read <= all ? { read, all } : undefined;
  } catch {
    return undefined;
  }
}

function isBytes(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** 0 to 100. Nothing to read is all of it. */
export function percentOf({ read, all }: Progress): number {
  return all === 0 ? 100 : (100 * read) / all;
}
