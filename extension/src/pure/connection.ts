// What is said of Claude's connection to the API: in the status bar while it is broken, and in the rows of the status.
import type { ConnectionStatus, RelayOutage, WindowStatus } from "../generated/protocol";
import { bytes, duration, escapeMarkdown, type Translate } from "./format";

/** What the status bar says of it, and how loudly. */
export interface ConnectionHeadline {
  readonly icon: string;
  readonly words: string;
  readonly warning: boolean;
}

/** The headline of the worst connection; undefined when all is well. `ageMs`: how long ago the status was told. */
export function connectionHeadline(status: WindowStatus, ageMs: number, t: Translate): ConnectionHeadline | undefined {
  // It is why the others have trouble, if they have.
  if (status.relayOutage) {
    return { icon: "sync", words: outageWords(status.relayOutage, ageMs, t), warning: false };
  }
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
  if (status.relayOutage) return wholeSecondOf((status.relayOutage.nextInMs ?? 0) - ageMs);
  const worst = connectionsOf(status)[0];
  if (worst?.state === "stalled") return 1000 - (((worst.silentMs ?? 0) + ageMs) % 1000);
  return worst?.state === "retrying" ? wholeSecondOf((worst.nextInMs ?? 0) - ageMs) : undefined;
}

function wholeSecondOf(leftMs: number): number | undefined {
  return leftMs > 0 ? leftMs % 1000 || 1000 : undefined;
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
  if (status.relayOutage) rows.unshift([t("Connection"), escapeMarkdown(outageRow(status.relayOutage, t))]);
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
  return countdownWords(what, counted, (nextInMs ?? 0) - ageMs, t);
}

function countdownWords(what: string, counted: string, leftMs: number, t: Translate): string {
  return leftMs > 0
    ? t("Claude: {0}, retrying {1} in {2} s", what, counted, Math.ceil(leftMs / 1000))
    : t("Claude: {0}, retrying {1}", what, counted);
}

/** The relay waits an outage out; the client waits for the relay. The attempts before this one have failed. */
function outageWords({ attempt, of, reason, nextInMs }: RelayOutage, ageMs: number, t: Translate): string {
  // Without a route no attempt counts.
  if (reason === "noRoute") return t("Claude: no network, waiting for it");
  const counted = t("{0}/{1}", Math.min(attempt + 1, of), of);
  return countdownWords(t("connection lost"), counted, (nextInMs ?? 0) - ageMs, t);
}

function outageRow({ host, attempt, of, reason }: RelayOutage, t: Translate): string {
  if (reason === "noRoute") return t("the relay waits for a network");
  return t("the relay waits for {0}: attempt {1} of {2} failed ({3})", host, attempt, of, reasonWords(reason, t));
}

function reasonWords(reason: string, t: Translate): string {
  switch (reason) {
    case "refused":
      return t("refused");
    case "unreachable":
      return t("no way to it");
    case "dns":
      return t("its name is not known");
    case "timedOut":
      return t("no answer");
    case "proxy":
      return t("the proxy before it has an outage");
    default:
      return reason;
  }
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
