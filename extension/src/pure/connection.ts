// What is said of Claude's connection to the API: in the status bar while it is broken, and in the rows of the status.
import type { ConnectionStatus, WindowStatus } from "../generated/protocol";
import { bytes, duration, escapeMarkdown, type Translate } from "./format";

/** What the status bar says of it, and how loudly. */
export interface ConnectionHeadline {
  readonly icon: string;
  readonly words: string;
  readonly warning: boolean;
}

/** The headline of the worst connection; undefined when all is well. `ageMs`: how long ago the status was told. */
export function connectionHeadline(status: WindowStatus, ageMs: number, t: Translate): ConnectionHeadline | undefined {
  const worst = connectionsOf(status)[0];
  if (!worst) return undefined;
  switch (worst.state) {
    case "stalled": {
      const silence = duration(wholeSeconds((worst.silentMs ?? 0) + ageMs), t);
      return { icon: "watch", words: t("Claude: no answer for {0}", silence), warning: true };
    }
    case "retrying":
      return { icon: "sync", words: retryWords(worst, status.stormSessions ?? undefined, ageMs, t), warning: false };
    case "died":
      return { icon: "warning", words: t("Claude: turn died"), warning: true };
    case "recovered":
      return { icon: "check", words: t("Claude: connected again"), warning: false };
    default:
      return undefined;
  }
}

/** When the headline will read differently though nothing has happened, in milliseconds; undefined when it will not. */
export function nextChangeMs(status: WindowStatus, ageMs: number): number | undefined {
  const worst = connectionsOf(status)[0];
  if (worst?.state === "stalled") return 1000 - (((worst.silentMs ?? 0) + ageMs) % 1000);
  const left = worst?.state === "retrying" ? (worst.nextInMs ?? 0) - ageMs : 0;
  return left > 0 ? left % 1000 || 1000 : undefined;
}

/** Name and value of a row for each connection with trouble. Values are escaped. */
export function connectionRows(status: WindowStatus, t: Translate): [string, string][] {
  const rows = connectionsOf(status).map((connection): [string, string] => {
    const title = connection.ofSubagent ? t("a subagent of “{0}”", connection.title) : t("“{0}”", connection.title);
    return [t("Connection"), escapeMarkdown(`${title}: ${stateWords(connection, t)} (${connection.what})`)];
  });
  if (rows.length > 0 && typeof status.stormSessions === "number") {
    rows.unshift([t("Connection"), t("{0} sessions at once: it is the network or the service", status.stormSessions)]);
  }
  return rows;
}

/** Also of a daemon that is older than this extension. */
function connectionsOf(status: WindowStatus): readonly ConnectionStatus[] {
  return status.connections ?? [];
}

/** What Claude Code itself says when it gives up an answer that does not come. */
export const STALLED = "Response stalled";

/** What broke a session's connection, as Claude Code puts it; empty when that is not told. */
export function connectionError(windows: readonly WindowStatus[], sessionId: string | undefined): string {
  const own = windows.flatMap(connectionsOf).find((one) => one.sessionId === sessionId);
  if (typeof own?.httpStatus === "number") return `API Error: ${own.httpStatus}`;
  return typeof own?.code === "string" ? `API Error: Connection error (${own.code})` : "";
}

function retryWords(
  { attempt, maxAttempts, nextInMs, httpStatus, code }: ConnectionStatus,
  storm: number | undefined,
  ageMs: number,
  t: Translate,
): string {
  const what =
    typeof httpStatus === "number"
      ? httpStatus === 529
        ? t("API overloaded (529)")
        : t("API error ({0})", httpStatus)
      : storm !== undefined
        ? t("connection lost in {0} sessions", storm)
        : typeof code === "string"
          ? t("connection lost")
          : t("request failed");
  if (typeof maxAttempts !== "number") return t("Claude: {0}, attempt {1}", what, (attempt ?? 1) + 1);
  const counted = t("{0}/{1}", attempt ?? 1, maxAttempts);
  const left = (nextInMs ?? 0) - ageMs;
  return left > 0
    ? t("Claude: {0}, retrying {1} in {2} s", what, counted, Math.ceil(left / 1000))
    : t("Claude: {0}, retrying {1}", what, counted);
}

function stateWords({ state, attempt, maxAttempts, bytes: size }: ConnectionStatus, t: Translate): string {
  switch (state) {
    case "retrying":
      return typeof maxAttempts === "number"
        ? t("retrying {0}/{1}", attempt ?? 1, maxAttempts)
        : t("attempt {0}", (attempt ?? 1) + 1);
    case "stalled":
      return t("no answer comes");
    case "died":
      return t("its turn died, at {0}", bytes(size, t));
    default:
      return t("connected again");
  }
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
