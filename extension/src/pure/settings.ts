// The user's settings, from seconds in package.json to what the daemon obeys. What is not valid falls back to the default.
import { DEFAULT_SETTINGS, type RecoveryMode, type Settings } from "../generated/protocol";
import type { TraceLevel } from "../wire/peer";

/** Reads a setting under `lifeline.`; what VS Code returns may be of any type. */
export type ReadSetting = (name: string) => unknown;

/** When the status bar item is shown. */
export type StatusBarChoice = "always" | "problems" | "never";

/** Which notifications are shown. */
export type NotificationChoice = "all" | "problems" | "none";

/** Settings of this side alone. */
export interface UiSettings {
  readonly statusBar: StatusBarChoice;
  readonly notifications: NotificationChoice;
  readonly trace: TraceLevel;
  readonly serverPath: string;
}

/** A threshold is held within 1 s and 1 h. */
const MIN_SECONDS = 1;
const MAX_SECONDS = 3600;

/** What the daemon obeys. */
export function recoverySettings(read: ReadSetting): Settings {
  const ms = (name: string, fallback: number): number => {
    const seconds = read(`recovery.${name}`);
    if (typeof seconds !== "number" || !Number.isFinite(seconds)) return fallback;
    return Math.round(Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, seconds)) * 1000);
  };
  return {
    mode: oneOf<RecoveryMode>(read("recovery.mode"), ["automatic", "ask", "observe"], DEFAULT_SETTINGS.mode),
    lateAfterMs: ms("lateAfter", DEFAULT_SETTINGS.lateAfterMs),
    deadlockAfterMs: ms("deadlockAfter", DEFAULT_SETTINGS.deadlockAfterMs),
    spinningAfterMs: ms("spinningAfter", DEFAULT_SETTINGS.spinningAfterMs),
    gcThrashAfterMs: ms("gcThrashAfter", DEFAULT_SETTINGS.gcThrashAfterMs),
    onChildAfterMs: ms("onChildAfter", DEFAULT_SETTINGS.onChildAfterMs),
  };
}

/** What this side obeys. */
export function uiSettings(read: ReadSetting): UiSettings {
  const serverPath = read("server.path");
  return {
    statusBar: oneOf<StatusBarChoice>(read("statusBar"), ["always", "problems", "never"], "always"),
    notifications: oneOf<NotificationChoice>(read("notifications"), ["all", "problems", "none"], "all"),
    trace: oneOf<TraceLevel>(read("trace"), ["off", "messages", "verbose"], "off"),
    serverPath: typeof serverPath === "string" ? serverPath : "",
  };
}

function oneOf<T extends string>(value: unknown, choices: readonly T[], fallback: T): T {
  return choices.find((choice) => choice === value) ?? fallback;
}
