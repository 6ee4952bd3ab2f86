// What `lifeline doctor` found, as it is asked for and read; what is done with it is in `ui/doctor.ts`.
import { isAbsolute } from "node:path";
import { type Fields, fieldsOf, listOf, oneOf, parseFields, textOf, textsOf } from "./untrusted";

/** How bad it is. A hint is nothing wrong. */
export type Severity = "error" | "warning" | "hint";

/** The worst first. */
export const SEVERITIES: readonly Severity[] = ["error", "warning", "hint"];

/** Where it is, in a file. Lines and columns from 1, columns in UTF-16 units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A change that the program makes in a file. */
export interface FileRepair {
  readonly kind: "edit" | "removeFile";
  /** Names it to the program. */
  readonly id: string;
  readonly label: string;
  readonly file: string;
}

/** A change of one of VS Code's settings, which only an extension can make. */
export interface SettingRepair {
  readonly kind: "setting";
  readonly id: string;
  readonly label: string;
  readonly name: string;
  /** Any JSON; null takes the setting away. */
  readonly value: unknown;
}

/** What can be done about a finding at the press of a button. */
export type Repair = FileRepair | SettingRepair;

/** One finding. */
export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly detail: string | undefined;
  readonly why: string | undefined;
  readonly source: string | undefined;
  /** Steps for the user. */
  readonly fix: readonly string[];
  readonly place: Place | undefined;
  readonly repair: Repair | undefined;
}

/** One thing that was looked at. */
export interface Check {
  readonly title: string;
  readonly state: "ok" | "found" | "unknown";
  readonly note: string | undefined;
}

/** All of it. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly checks: readonly Check[];
  /** What the probe measured, in sentences; none when nobody asked for it. */
  readonly network: readonly string[];
}

const SCHEMA = "lifeline.doctor/1";
/** Far more than there are. */
const ITEMS = 200;
const STEPS = { items: 20, length: 1000 };
const SENTENCES = { items: 60, length: 500 };
/** A title is one line; the others are read in a tooltip. */
const TITLE_LENGTH = 300;
const TEXT_LENGTH = 2000;
const PATH_LENGTH = 4096;
/** It becomes an argument, so it never begins with a dash. */
const ID = /^[A-Za-z0-9][\w.:-]{0,99}$/;
const SETTING = /^[A-Za-z][\w.-]{0,199}$/;

/** Arguments of `lifeline`. What only the editor knows comes on stdin. */
export function doctorArguments(folder: string | undefined, more: readonly string[]): readonly [string, ...string[]] {
  return ["doctor", "--editor", "-", ...(folder === undefined ? [] : ["--folder", folder]), ...more];
}

/** What the program printed; undefined when it is no diagnosis. A finding or check that cannot be read is left out. */
export function readDiagnosis(text: string): Diagnosis | undefined {
  const fields = parseFields(text);
  if (fields?.["schema"] !== SCHEMA || !Array.isArray(fields["findings"])) return undefined;
  return {
    findings: listOf(fields["findings"], ITEMS).flatMap((one) => readFinding(fieldsOf(one)) ?? []),
    checks: listOf(fields["checks"], ITEMS).flatMap((one) => readCheck(fieldsOf(one)) ?? []),
    network: textsOf(fieldsOf(fields["network"])?.["words"], SENTENCES),
  };
}

/** Findings that something is wrong. */
export function countWrong({ findings }: Diagnosis): number {
  return findings.filter(({ severity }) => severity !== "hint").length;
}

function readFinding(fields: Fields | undefined): Finding | undefined {
  const id = idOf(fields?.["id"]);
  const title = lineOf(fields?.["title"]);
  if (!fields || id === undefined || title === undefined) return undefined;
  return {
    id,
    title,
    // What is newer than we are is no reason to be silent.
    severity: oneOf(fields["severity"], SEVERITIES) ?? "warning",
    detail: textOf(fields["detail"], TEXT_LENGTH),
    why: textOf(fields["why"], TEXT_LENGTH),
    source: textOf(fields["source"], TEXT_LENGTH),
    fix: textsOf(fields["fix"], STEPS),
    place: readPlace(fieldsOf(fields["place"])),
    repair: readRepair(fieldsOf(fields["repair"])),
  };
}

function readCheck(fields: Fields | undefined): Check | undefined {
  const title = lineOf(fields?.["title"]);
  if (!fields || title === undefined) return undefined;
  const state = oneOf(fields["state"], ["ok", "found", "unknown"] as const) ?? "unknown";
  return { title, state, note: textOf(fields["note"], TEXT_LENGTH) };
}

function readPlace(fields: Fields | undefined): Place | undefined {
  const file = fileOf(fields?.["file"]);
  if (!fields || file === undefined) return undefined;
  const line = countOf(fields["line"]) ?? 1;
  const column = countOf(fields["column"]) ?? 1;
  const endLine = Math.max(line, countOf(fields["endLine"]) ?? line);
  const endColumn = countOf(fields["endColumn"]) ?? column;
  return { file, line, column, endLine, endColumn: endLine === line ? Math.max(column, endColumn) : endColumn };
}

function readRepair(fields: Fields | undefined): Repair | undefined {
  const id = idOf(fields?.["id"]);
  const label = lineOf(fields?.["label"]);
  if (!fields || id === undefined || label === undefined) return undefined;
  const { kind } = fields;
  if (kind === "setting") {
    const setting = fieldsOf(fields["setting"]);
    const name = setting?.["name"];
    const isKnown = typeof name === "string" && SETTING.test(name) && setting?.["value"] !== undefined;
    return isKnown ? { kind, id, label, name, value: setting["value"] } : undefined;
  }
  const file = fileOf(fields["file"]);
  return (kind === "edit" || kind === "removeFile") && file !== undefined ? { kind, id, label, file } : undefined;
}

/** A file before and after; null where there is no such file. */
export interface Preview {
  /** After links: another than the repair names, when that is one. */
  readonly file: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What `--fix ID --preview` printed; undefined when it cannot be read. */
export function readPreview(text: string): Preview | undefined {
  const fields = parseFields(text);
  const file = fileOf(fields?.["file"]);
  const { before, after } = fields ?? {};
  const isText = (value: unknown): value is string | null => value === null || typeof value === "string";
  return file !== undefined && isText(before) && isText(after) ? { file, before, after } : undefined;
}

function idOf(value: unknown): string | undefined {
  return typeof value === "string" && ID.test(value) ? value : undefined;
}

function lineOf(value: unknown): string | undefined {
  return textOf(value, TITLE_LENGTH)?.replace(/\s+/g, " ");
}

function fileOf(value: unknown): string | undefined {
  const isFile = typeof value === "string" && value.length <= PATH_LENGTH && !value.includes("\0") && isAbsolute(value);
  // As VS Code writes a drive.
  return isFile ? value.replace(/^[A-Z]:/, (drive) => drive.toLowerCase()) : undefined;
}

/** A line or column; what is no number of one is not known. */
function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 0x7fff_ffff ? value : undefined;
}
