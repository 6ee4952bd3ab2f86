// Which program is the daemon, and what it inherits: its path from the setting or the extension's own folder, its environment by list.
import { posix, win32 } from "node:path";

/** What the choice depends on. */
export interface BinaryFacts {
  /** Folder of this extension. */
  readonly extensionPath: string;
  readonly platform: NodeJS.Platform;
  /** Setting `lifeline.server.path`. */
  readonly configured: string;
  /** The workspace is trusted. */
  readonly trusted: boolean;
}

/** The program to run. */
export interface Binary {
  readonly path: string;
  /** It came with the extension; false when the setting names it. */
  readonly bundled: boolean;
}

/** Chooses the program. */
export function daemonBinary(facts: BinaryFacts): Binary {
  const configured = facts.configured.trim();
  if (configured !== "" && facts.trusted) return { path: configured, bundled: false };
  const { join } = facts.platform === "win32" ? win32 : posix;
  return {
    path: join(facts.extensionPath, "bin", facts.platform === "win32" ? "lifeline.exe" : "lifeline"),
    bundled: true,
  };
}

// The daemon outlives this window, so it gets what it needs and nothing that came along by chance: no API key, no token,
// none of VS Code's own variables.
// biome-ignore format: a table
const INHERITED = new Set([
  "HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP",
  "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "CLAUDE_CONFIG_DIR", "NO_COLOR", "RUST_BACKTRACE",
  "USERNAME", "USERPROFILE", "USERDOMAIN", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "SYSTEMROOT",
  "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT",
]);
const INHERITED_PREFIXES = ["LIFELINE_", "XDG_", "LC_"];

/** The part of an environment that the daemon inherits. */
export function daemonEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const upper = name.toUpperCase();
    if (
      value !== undefined &&
      (INHERITED.has(upper) || INHERITED_PREFIXES.some((prefix) => upper.startsWith(prefix)))
    ) {
      kept[name] = value;
    }
  }
  return kept;
}
