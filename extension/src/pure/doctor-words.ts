// What is said of a diagnosis and of a repair, in messages.
import { countWrong, type Diagnosis, type Preview } from "./doctor";
import { checksWords } from "./doctor-tree";
import { cleanName, type Translate } from "./format";
import { textOf } from "./untrusted";

/** A value in a question. */
const VALUE_LENGTH = 500;
/** A sentence of the program's. */
const SENTENCE_LENGTH = 1000;

/** The message when nothing is wrong; undefined when something is. */
export function wellSentence(diagnosis: Diagnosis, t: Translate): string | undefined {
  if (countWrong(diagnosis) > 0) return undefined;
  const checks = checksWords(diagnosis.checks.length, t);
  const hints = diagnosis.findings.length;
  if (hints === 0) return t("Lifeline: nothing is wrong ({0}).", checks);
  return hints === 1
    ? t("Lifeline: nothing is wrong ({0}). The view Doctor has one hint.", checks)
    : t("Lifeline: nothing is wrong ({0}). The view Doctor has {1} hints.", checks, hints);
}

/** A setting's value as JSON; undefined is one that is not set. */
export function settingWords(value: unknown, t: Translate): string {
  return value === undefined ? t("not set") : cleanName(JSON.stringify(value) ?? "", VALUE_LENGTH);
}

/** Whether a file stands as it was shown. */
export function samePreview(shown: Preview, now: Preview): boolean {
  return shown.file === now.file && shown.before === now.before && shown.after === now.after;
}

/** The program's sentence on what it did, without the name that its user knows. */
export function doneSentence(printed: string, t: Translate): string {
  const said = textOf(printed, SENTENCE_LENGTH)?.replace(/\s+/g, " ");
  return said?.replace(/^Lifeline: /, "") ?? t("it is done");
}
