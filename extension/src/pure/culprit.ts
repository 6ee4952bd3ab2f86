// The code that a frozen host was caught in: named for a person, and made harmless. All of it was written by whoever wrote the extension.
import type { Culprit, Incident } from "../generated/protocol";
import { cleanName, type Translate } from "./format";
import { type Subject, windowWords } from "./surroundings";

/** VS Code's own rule for `publisher.name`, and the underscore of `undefined_publisher`. */
const EXTENSION_ID = /^[a-z0-9][\w-]*\.[a-z0-9][\w-]*$/i;
/** Longest name of a function or file in a sentence. */
const MAX_NAME = 80;
const MAX_ADDRESS = 2000;
/** Files of VS Code, as their paths end or go on, and Node.js's own modules. */
const EDITORS_OWN =
  /^node:|(^|[\\/])(vs[\\/](base|platform|workbench|editor|server|code)[\\/]|bootstrap-fork|extensionHostProcess)/;

/** Who is named, if anybody: a drill is nobody's fault. */
export function culpritOf(incident: Incident): Culprit | undefined {
  return incident.cause === "drill" ? undefined : (incident.culprit ?? undefined);
}

/** `publisher.name`; undefined when the code belongs to no extension. Fit to be handed to VS Code's commands. */
export function extensionOf(culprit: Culprit): string | undefined {
  const id = culprit.extensionId ?? "";
  return EXTENSION_ID.test(id) && id.length <= MAX_NAME * 2 ? id : undefined;
}

/** `` `acme.linter` 1.4.2 ``, `VS Code's own code`. */
export function culpritName(culprit: Culprit, t: Translate): string {
  const id = extensionOf(culprit);
  if (id !== undefined) {
    const version = cleanName(culprit.version ?? "", MAX_NAME);
    return version === "" ? `\`${id}\`` : `\`${id}\` ${version}`;
  }
  const file = cleanName(culprit.file, Number.POSITIVE_INFINITY);
  return file === "" || EDITORS_OWN.test(file) ? t("VS Code's own code") : t("code outside every extension");
}

/** `` `scanAll`, main.js:812 ``. */
export function placeOf(culprit: Culprit): string {
  const name = cleanName(culprit.function, MAX_NAME);
  const whole = cleanName(culprit.file, Number.POSITIVE_INFINITY);
  // What is not below an extension's folder has its whole path here; the end of it says enough.
  const file = extensionOf(culprit) === undefined ? (whole.split(/[\\/]/).pop() ?? whole) : whole;
  // The end of a long path says more than its beginning.
  const short = file.length > MAX_NAME ? `…${file.slice(-MAX_NAME)}` : file;
  const where = short === "" ? "" : culprit.line > 0 ? `${short}:${culprit.line}` : short;
  return [name === "" ? "" : `\`${name}\``, where].filter(Boolean).join(", ");
}

/** ` It was blocked by …`, for the end of a sentence about a freeze; empty when nobody is named. */
export function blockedByClause(incident: Incident, subject: Subject, t: Translate): string {
  const culprit = culpritOf(incident);
  if (!culprit) return "";
  const place = placeOf(culprit);
  const name = culpritName(culprit, t);
  const by = place === "" ? t("It was blocked by {0}.", name) : t("It was blocked by {0} in {1}.", name, place);
  return ` ${by}${timesClause(culprit, subject, t)}`;
}

/** `` `acme.linter` froze this window 3 times this week.``, with a space before it; empty for the first time. */
export function timesClause(culprit: Culprit, subject: Subject, t: Translate): string {
  const id = extensionOf(culprit);
  if (id === undefined || culprit.timesThisWeek < 2) return "";
  return ` ${t("{0} froze {1} {2} times this week.", `\`${id}\``, windowWords(subject, t), culprit.timesThisWeek)}`;
}

/** Where its authors take bug reports; undefined unless that is an ordinary web address without a name or password in it. */
export function bugsAddress(culprit: Culprit): string | undefined {
  const given = culprit.bugsUrl ?? "";
  if (given.length > MAX_ADDRESS) return undefined;
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    return undefined;
  }
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  return isWeb && url.username === "" && url.password === "" ? url.href : undefined;
}

/** What VS Code's issue reporter is opened with: what the extension's own files say, and nothing of the user's. */
export function issueDraft(culprit: Culprit, verdict: string): { title: string; body: string } {
  const place = placeOf(culprit);
  return {
    title: place === "" ? "Blocks the extension host" : `Blocks the extension host in ${place}`,
    body: [
      `${culpritName(culprit, (message) => message)} kept the extension host's main thread from answering (${cleanName(verdict, MAX_NAME)}).`,
      place === "" ? "" : `It was caught in ${place}.`,
      "Found by Lifeline, through Node.js's inspector.",
    ]
      .filter(Boolean)
      .join("\n"),
  };
}
