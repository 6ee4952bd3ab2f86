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

function trim(figure: string): string {
  return figure.endsWith(".0") ? figure.slice(0, -2) : figure;
}
