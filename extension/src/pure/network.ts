// The network probe: whom it contacts, what is asked of the program, and how far it is. What is done with it is in `ui/doctor.ts`.
import type { Translate } from "./format";
import { fieldsOf, listOf, parseFields, textOf } from "./untrusted";

/** More than there are: the API, its proxy, the status page and where that leads. */
const SERVERS = 10;
const SERVER_LENGTH = 300;
/** A little longer than the idle times at which connections were seen to be reset (claude-code#67091: 337 to 355 s). */
export const IDLE_SECONDS = 360;

/** Prints whom the probe would contact, and contacts nobody. */
export const CONTACTS: readonly string[] = ["--probe", "--contacts", "--no-redact"];

/** Measures: the user was asked before. */
export function probeOptions(isIdle: boolean): readonly string[] {
  const idle = isIdle ? ["--probe-idle", String(IDLE_SECONDS)] : [];
  return ["--probe", "--yes", "--probe-upload", ...idle, "--progress", "json"];
}

/** The servers that `CONTACTS` printed; undefined when they cannot be read, and nobody may be asked then. */
export function readContacts(text: string): string[] | undefined {
  const printed = parseFields(`{"contacts":${text}}`)?.["contacts"];
  const contacts = listOf(printed, SERVERS + 1);
  const servers = contacts.flatMap((one) => textOf(fieldsOf(one)?.["server"], SERVER_LENGTH) ?? []);
  const isWhole = servers.length === contacts.length && servers.length > 0 && servers.length <= SERVERS;
  return isWhole ? servers : undefined;
}

/** How far it is, of a line of the program's; undefined when the line says something else. */
export function progressWords(line: string, t: Translate): string | undefined {
  const { probe, done, all } = parseFields(line) ?? {};
  if (typeof done !== "number" || typeof all !== "number") return undefined;
  switch (probe) {
    case "names":
      return t("looking up names");
    case "ways":
      return t("measuring, {0} of {1}", done, all);
    case "waiting":
      return t("waiting, {0} of {1} s", done, all);
    default:
      return undefined;
  }
}
