// The user's settings, from seconds and hours in package.json to what the daemon obeys. What is not valid falls back to the default.
import {
  DEFAULT_SETTINGS,
  type ReapMode,
  type RecoveryMode,
  type RefreshMode,
  type RelayHttp,
  type RelayMode,
  type SessionMode,
  type Settings,
} from "../generated/protocol";
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

/** A threshold is held within these. Seconds and minutes: up to an hour. */
const SECONDS = { least: 1, most: 3600 };
const DAY_SECONDS = { least: 1, most: 86_400 };
const STALL_SECONDS = { least: 10, most: 3600 };
const RELAY_ATTEMPTS = { least: 1, most: 20 };
/** Claude Code itself waits 600. */
const RELAY_BUDGET_SECONDS = { least: 1, most: 540 };
/** A request that may have been billed is sent three times at the most. */
const RELAY_BILLED_RETRIES = { least: 0, most: 2 };
const RELAY_PING_SECONDS = { least: 5, most: 300 };
const MINUTES = { least: 1, most: 60 };
const PERCENT = { least: 1, most: 100 };
/** A host is refreshed within a week, or never. */
const REFRESH_HOURS = { least: 0, most: 168 };
const SESSION_MODES = ["automatic", "ask", "never"] as const;

/** What the daemon obeys. */
export function recoverySettings(read: ReadSetting): Settings {
  const number = (name: string, within: { least: number; most: number }): number | undefined => {
    const value = read(name);
    if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
    return Math.min(within.most, Math.max(within.least, value));
  };
  const whole = (name: string, within: { least: number; most: number }, fallback: number): number =>
    Math.round(number(name, within) ?? fallback);
  const ms = (name: string, fallback: number): number => {
    const seconds = number(`recovery.${name}`, SECONDS);
    return seconds === undefined ? fallback : Math.round(seconds * 1000);
  };
  return {
    mode: oneOf<RecoveryMode>(read("recovery.mode"), ["automatic", "ask", "observe"], DEFAULT_SETTINGS.mode),
    lateAfterMs: ms("lateAfter", DEFAULT_SETTINGS.lateAfterMs),
    deadlockAfterMs: ms("deadlockAfter", DEFAULT_SETTINGS.deadlockAfterMs),
    spinningAfterMs: ms("spinningAfter", DEFAULT_SETTINGS.spinningAfterMs),
    gcThrashAfterMs: ms("gcThrashAfter", DEFAULT_SETTINGS.gcThrashAfterMs),
    onChildAfterMs: ms("onChildAfter", DEFAULT_SETTINGS.onChildAfterMs),
    nameCulprit: flag(read("culprit.enabled"), DEFAULT_SETTINGS.nameCulprit),
    memoryHighPercent: whole("memory.highPercent", PERCENT, DEFAULT_SETTINGS.memoryHighPercent),
    memoryHighMinutes: whole("memory.highMinutes", MINUTES, DEFAULT_SETTINGS.memoryHighMinutes),
    memoryCriticalPercent: whole("memory.criticalPercent", PERCENT, DEFAULT_SETTINGS.memoryCriticalPercent),
    memoryCriticalSeconds: whole("memory.criticalSeconds", SECONDS, DEFAULT_SETTINGS.memoryCriticalSeconds),
    machineMemoryLowPercent: whole("memory.machineLowPercent", PERCENT, DEFAULT_SETTINGS.machineMemoryLowPercent),
    refreshAfterMinutes: refreshMinutes(number("refresh.after", REFRESH_HOURS)),
    refresh: oneOf<RefreshMode>(read("refresh.mode"), ["offer", "automatic"], DEFAULT_SETTINGS.refresh),
    bridgeConnections: flag(read("bridge.enabled"), DEFAULT_SETTINGS.bridgeConnections),
    restoreSessions: oneOf<SessionMode>(read("sessions.restore"), SESSION_MODES, DEFAULT_SETTINGS.restoreSessions),
    continueSessions: oneOf<SessionMode>(read("sessions.continue"), SESSION_MODES, DEFAULT_SETTINGS.continueSessions),
    reap: oneOf<ReapMode>(read("orphans.reap"), ["certain", "ask", "never"], DEFAULT_SETTINGS.reap),
    reapQuietSeconds: whole("orphans.quietAfter", DAY_SECONDS, DEFAULT_SETTINGS.reapQuietSeconds),
    connectionStalledSeconds: whole(
      "connection.stalledAfter",
      STALL_SECONDS,
      DEFAULT_SETTINGS.connectionStalledSeconds,
    ),
    hostDesertedSeconds: whole("orphans.desertedAfter", DAY_SECONDS, DEFAULT_SETTINGS.hostDesertedSeconds),
    relay: oneOf<RelayMode>(read("relay.mode"), ["off", "tunnel", "gateway"], DEFAULT_SETTINGS.relay),
    relayStallSeconds: whole("relay.stallAfter", STALL_SECONDS, DEFAULT_SETTINGS.relayStallSeconds),
    relayAttempts: whole("relay.attempts", RELAY_ATTEMPTS, DEFAULT_SETTINGS.relayAttempts),
    relayBudgetSeconds: whole("relay.budget", RELAY_BUDGET_SECONDS, DEFAULT_SETTINGS.relayBudgetSeconds),
    relayBilledRetries: whole("relay.billedRetries", RELAY_BILLED_RETRIES, DEFAULT_SETTINGS.relayBilledRetries),
    // 0 is never, and not a very short time.
    relayPingSeconds:
      read("relay.pingAfter") === 0
        ? 0
        : whole("relay.pingAfter", RELAY_PING_SECONDS, DEFAULT_SETTINGS.relayPingSeconds),
    relayHttp: oneOf<RelayHttp>(read("relay.http"), ["auto", "1.1"], DEFAULT_SETTINGS.relayHttp),
  };
}

/** Hours become minutes. 0 is never; whatever is more is at least a minute, so that it does not become never. */
function refreshMinutes(hours: number | undefined): number {
  if (hours === undefined) return DEFAULT_SETTINGS.refreshAfterMinutes;
  return hours === 0 ? 0 : Math.max(1, Math.round(hours * 60));
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

function flag(value: unknown, fallback: boolean): boolean {
  return typeof value === "boolean" ? value : fallback;
}

function oneOf<T extends string>(value: unknown, choices: readonly T[], fallback: T): T {
  return choices.find((choice) => choice === value) ?? fallback;
}
