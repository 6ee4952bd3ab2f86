// An error explained: what looks like one, what `lifeline explain` answers, and the document that shows it.
import { cleanName, escapeMarkdown, markdownLink, type Translate } from "./format";
import { type Fields, fieldsOf, listOf, oneOf, parseFields, textOf, textsOf } from "./untrusted";

/** The program reads as much, in characters. */
export const TEXT_AT_MOST = 1_000_000;
/** What is offered for editing is one line. */
const LINE_LENGTH = 2000;
/** What was asked about, above the answer. */
const QUOTE_LENGTH = 300;

/** Whether a request that failed so may have been paid for. */
export type Tokens = "no" | "unlikely" | "possible" | "likely";

/** What is known of an error. */
export interface Entry {
  readonly title: string;
  readonly meaning: string | undefined;
  readonly tokens: Tokens | undefined;
  readonly tokensBecause: string | undefined;
  readonly whatToDo: readonly string[];
  readonly sources: readonly string[];
}

/** The answer. */
export interface Explanation {
  /** Undefined when the error is not known. */
  readonly entry: Entry | undefined;
  /** Titles of what it may be besides. */
  readonly also: readonly string[];
  /** Facts of this machine. */
  readonly here: readonly string[];
  /** What to do about an error that is not known. */
  readonly next: readonly string[];
}

const SCHEMA = "lifeline.explain/1";
const TITLE_LENGTH = 300;
const TEXT_LENGTH = 4000;
const ITEMS = { items: 20, length: 1000 };

/** Arguments of `lifeline`. The text comes on stdin; without one the last error of the transcripts is meant. */
export function explainArguments(text: string): readonly [string, ...string[]] {
  return text === "" ? ["explain", "--format", "json"] : ["explain", "--format", "json", "-"];
}

/** What the program printed; undefined when it is no answer. */
export function readExplanation(text: string): Explanation | undefined {
  const fields = parseFields(text);
  if (fields?.["schema"] !== SCHEMA || typeof fields["known"] !== "boolean") return undefined;
  const entry = fields["known"] ? readEntry(fieldsOf(fields["entry"])) : undefined;
  if (fields["known"] && !entry) return undefined;
  return {
    entry,
    also: listOf(fields["also"], ITEMS.items).flatMap((one) => textOf(fieldsOf(one)?.["title"], TITLE_LENGTH) ?? []),
    here: textsOf(fields["here"], ITEMS),
    next: textsOf(fields["next"], ITEMS),
  };
}

function readEntry(fields: Fields | undefined): Entry | undefined {
  const title = textOf(fields?.["title"], TITLE_LENGTH);
  if (!fields || title === undefined) return undefined;
  return {
    title,
    meaning: textOf(fields["meaning"], TEXT_LENGTH),
    tokens: oneOf(fields["tokens"], ["no", "unlikely", "possible", "likely"] as const),
    tokensBecause: textOf(fields["tokensBecause"], TEXT_LENGTH),
    whatToDo: textsOf(fields["whatToDo"], ITEMS),
    sources: textsOf(fields["sources"], ITEMS),
  };
}

/** Title of the document, and of its tab. */
export function explanationTitle({ entry }: Explanation, t: Translate): string {
  return entry?.title ?? t("An error that Lifeline does not know");
}

/** The document, in Markdown. `asked` is what it is about; empty when that is the last error of the transcripts. */
export function explanationDocument(explanation: Explanation, asked: string, t: Translate): string {
  const { entry, here, also, next } = explanation;
  const quote = escapeMarkdown(oneLine(asked, QUOTE_LENGTH));
  const blocks = [
    `# ${escapeMarkdown(explanationTitle(explanation, t))}`,
    quote && `> ${quote}`,
    ...here.map((fact) => `**${escapeMarkdown(fact)}**`),
    entry?.meaning && paragraphs(entry.meaning),
    ...section(t("Did it cost tokens?"), entry && tokensWords(entry, t)),
    ...section(t("What to do"), numbered(entry?.whatToDo ?? next)),
    ...section(t("It may also be"), bullets(also.map(escapeMarkdown))),
    ...section(t("Sources"), bullets((entry?.sources ?? []).map(sourceWords))),
  ];
  return `${blocks.filter(Boolean).join("\n\n")}\n`;
}

function section(title: string, body: string | undefined): string[] {
  return body ? [`## ${title}`, body] : [];
}

function tokensWords({ tokens, tokensBecause }: Entry, t: Translate): string | undefined {
  const because = tokensBecause && paragraphs(tokensBecause);
  const words = tokens && answerWords(tokens, t);
  return words && because ? `${words} ${because}` : (words ?? because);
}

function answerWords(tokens: Tokens, t: Translate): string {
  switch (tokens) {
    case "no":
      return t("No.");
    case "unlikely":
      return t("That is unlikely.");
    case "possible":
      return t("That is possible.");
    case "likely":
      return t("That is likely.");
  }
}

function sourceWords(source: string): string {
  return /^https?:\/\/[^\s]+$/.test(source) ? markdownLink(source, source) : escapeMarkdown(source);
}

function paragraphs(text: string): string {
  return text.split(/\n+/).map(escapeMarkdown).join("\n\n");
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

function numbered(lines: readonly string[]): string {
  return lines.map((line, i) => `${i + 1}. ${escapeMarkdown(line)}`).join("\n");
}

/** CSI sequences, such as a terminal's colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how they begin
const COLOURS = /\u001b\[[0-?]*[ -/]*[@-~]/g;

/** For an input of one line: without colours, its lines joined. */
export function oneLine(text: string, atMost = LINE_LENGTH): string {
  return cleanName(text.slice(0, 4 * LINE_LENGTH).replace(COLOURS, ""), atMost);
}

/** Node's and the system's names: `ECONNRESET`, `EAI_AGAIN`. */
const ERROR_CODE =
  /\bE(?:CONN|SOCKET|TIMEDOUT|AI_|NOTFOUND|HOST|NET|PIPE|PROTO|MFILE|NFILE|NOSPC|ACCES|PERM|NOENT)[A-Z_]*\b/i;
/** Words that errors have, and a status beside what it is one of. */
const ERROR_WORDS =
  /(?:error|exception|failed|failure|fatal|panicked|refused|overloaded|connection lost|out of memory|timed out|timeout|terminated unexpectedly)\b|\breset by peer\b|\bexit(?:ed)? (?:with )?(?:code|status)\b|\b(?:API|HTTP|status)\b.{0,20}\b[45]\d\d\b/i;
/** Shorter is a word that somebody copied, longer is a file. */
const CLIPBOARD = { least: 4, most: 20_000 };

/** Whether what is in the clipboard is worth offering. */
export function looksLikeError(text: string): boolean {
  const { length } = text.trim();
  if (length < CLIPBOARD.least || length > CLIPBOARD.most) return false;
  const plain = text.replace(COLOURS, "");
  return ERROR_CODE.test(plain) || ERROR_WORDS.test(plain);
}

/** What a command was called with: the text of an error, or that the last one is meant; undefined when that is to be found out. */
export function textOfArgument(argument: unknown): string | undefined {
  const { text } = (argument ?? {}) as { text?: unknown };
  return typeof text === "string" ? text.slice(0, TEXT_AT_MOST) : undefined;
}
