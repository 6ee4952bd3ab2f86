// Figures and lists as a person reads them, and text from elsewhere made harmless inside Markdown.

/** Puts arguments into `{0}`, `{1}` … of a message in the user's language: `vscode.l10n.t`, or `plain` in tests. */
export type Translate = (message: string, ...args: (string | number)[]) => string;

/** English as it stands. */
export const plain: Translate = (message, ...args) =>
  message.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole));

/** `0.4 s`, `15 s`, `1 min 35 s`, `2 h 5 min`. */
export function duration(ms: number, t: Translate = plain): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return t("{0} s", trim(seconds.toFixed(1)));
  if (seconds < 119.5) return t("{0} s", Math.round(seconds));
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) {
    const rest = Math.round(seconds) % 60;
    return rest === 0 ? t("{0} min", minutes) : t("{0} min {1} s", minutes, rest);
  }
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? t("{0} h", hours) : t("{0} h {1} min", hours, minutes % 60);
}

/** A measured time with its tenths: `15.0 s`. */
export function measured(ms: number, t: Translate = plain): string {
  return ms < 119_500 ? t("{0} s", (Math.max(0, ms) / 1000).toFixed(1)) : duration(ms, t);
}

/** `212 MB`, `4.3 GB`; decimal units. */
export function bytes(count: number, t: Translate = plain): string {
  const mega = Math.max(0, count) / 1e6;
  if (mega < 9.95) return t("{0} MB", trim(mega.toFixed(1)));
  if (mega < 999.5) return t("{0} MB", Math.round(mega));
  return t("{0} GB", trim((mega / 1000).toFixed(1)));
}

/** `3.9 of 4.3 GB`, `212 MB of 4.5 GB`; decimal units. */
export function share(part: number, whole: number, t: Translate = plain): string {
  const [some, all] = [bytes(part, t), bytes(whole, t)];
  const unit = (text: string): string => text.slice(text.lastIndexOf(" "));
  return unit(some) === unit(all)
    ? t("{0} of {1}", some.slice(0, -unit(some).length), all)
    : t("{0} of {1}", some, all);
}

/** A time to come, no more exact than it is known: `40 s`, `6 min`, `2 h 5 min`. */
export function roughly(seconds: number, t: Translate = plain): string {
  return duration(1000 * (seconds < 90 ? Math.round(seconds) : 60 * Math.round(seconds / 60)), t);
}

/** `12 tabs, 2 unsaved files and 3 terminals`. */
export function list(parts: readonly string[], t: Translate = plain): string {
  const last = parts[parts.length - 1];
  if (last === undefined) return "";
  if (parts.length === 1) return last;
  return t("{0} and {1}", parts.slice(0, -1).join(", "), last);
}

/**
 * Takes from text of unknown origin whatever Markdown, HTML or VS Code's icons could make of it. Line breaks become spaces, so what
 * counts only at the start of a line is met once. An icon is recognised after Markdown is done: a word joiner keeps `$(` apart.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]#!|~]/g, "\\$&")
    .replace(/^([-+]|\d+(?=[.)]))/, (mark) => (/\d/.test(mark) ? `${mark}\\` : `\\${mark}`))
    .replace(/\$\(/g, "$\u2060(")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;");
}

/**
 * VS Code makes `[text](command:…)` in a message into a link that runs the command. A word joiner keeps the two halves of whatever
 * looks like a link apart; none of our own sentences holds one.
 */
export function withoutLinks(text: string): string {
  return text.replace(/\]\(/g, "]\u2060(");
}

/** A link to a web address that was checked; what could end it or the table around it is encoded. */
export function markdownLink(text: string, address: string): string {
  const encoded = address.replace(
    /[<>()|\\`\s]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `[${escapeMarkdown(text)}](<${encoded}>)`;
}

/** A name of unknown origin for a sentence: one line, no invisible characters, no backticks (they stand around it), bounded. */
export function cleanName(text: string, atMost: number): string {
  const clean = text
    .slice(0, 10_000)
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}`]/gu, "")
    .trim();
  return clean.length > atMost ? `${clean.slice(0, atMost)}…` : clean;
}

function trim(figure: string): string {
  return figure.endsWith(".0") ? figure.slice(0, -2) : figure;
}
