// What the doctor is told of the editor: versions, a few settings, and those environment variables that matter, by list. Never a secret.

/** Where the facts come from. */
export interface EditorSources {
  /** What the editor calls itself. */
  readonly name: string;
  readonly version: string;
  /** Such as `ssh-remote`; undefined on the user's own machine. */
  readonly remote: string | undefined;
  readonly claudeCode: ClaudeCodeSource | undefined;
  /** The user's settings, where they are in a file that is known. */
  readonly settingsFile: string | undefined;
  readonly platform: NodeJS.Platform;
  /** A setting's value by its full name; undefined when there is none. */
  readonly setting: (name: string) => unknown;
  /** Of this host. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The Claude Code extension, as it is installed. */
export interface ClaudeCodeSource {
  readonly path: string;
  readonly manifest: unknown;
}

/** What `lifeline doctor --editor` reads. */
export interface EditorFacts {
  readonly name: string;
  readonly version: string;
  readonly remote: string | null;
  readonly claudeCode: { readonly version: string; readonly engine: string | null; readonly path: string } | null;
  readonly settingsFile?: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
}

/** Names that matter to a connection, to Claude Code's patience or to its way into the editor; and all of `CLAUDE_…`. */
// biome-ignore format: a table
const NAMES = new Set([
  "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED", "NODE_OPTIONS", "SSL_CERT_FILE",
  "ANTHROPIC_BASE_URL", "API_TIMEOUT_MS", "BASH_DEFAULT_TIMEOUT_MS", "BASH_MAX_TIMEOUT_MS", "MCP_TIMEOUT", "MCP_TOOL_TIMEOUT",
  "ENABLE_IDE_INTEGRATION",
]);
const PREFIX = "CLAUDE_";
/** What has one of these in its name is not told, whatever it is. */
const SECRET = /KEY|TOKEN|SECRET|PASS|AUTH|CREDENTIAL|COOKIE|HEADER/i;

/** Read whether Claude Code is installed or not. */
const SETTINGS = ["http.proxy", "http.noProxy", "http.proxySupport", "http.proxyStrictSSL", "http.systemCertificates"];
const TERMINAL_SETTINGS = ["terminal.integrated.inheritEnv"];
const CLAUDE_SETTINGS = /^claude-?code\./i;

/** A repair may write a value back with something added, so one that is too long is left out, and none is cut. */
const VALUE_LENGTH = 32_767;
const ITEMS_AT_MOST = 1000;
const SETTINGS_AT_MOST = 100;
const NAMES_AT_MOST = 100;
const DEPTH = 4;

/** Collects the facts. */
export function editorFacts(sources: EditorSources): EditorFacts {
  const { name, version, remote, claudeCode, settingsFile } = sources;
  return {
    name,
    version,
    remote: remote ?? null,
    claudeCode: claudeCode ? claudeCodeFacts(claudeCode) : null,
    ...(settingsFile === undefined ? {} : { settingsFile }),
    settings: settingsFacts(sources),
    env: environmentFacts(sources.env),
  };
}

/** The variables that matter, without what could let anybody in anywhere. */
export function environmentFacts(env: Readonly<Record<string, unknown>>): Record<string, string> {
  const told = Object.entries(env).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" && value.length <= VALUE_LENGTH && isTold(name)
      ? [[name, harmless(value, isProxy(name))]]
      : [],
  );
  return Object.fromEntries(told.slice(0, NAMES_AT_MOST));
}

function claudeCodeFacts({ path, manifest }: ClaudeCodeSource): EditorFacts["claudeCode"] {
  const { version, engines } = (manifest ?? {}) as { version?: unknown; engines?: { vscode?: unknown } };
  const engine = engines?.vscode;
  return {
    version: typeof version === "string" ? version : "",
    engine: typeof engine === "string" ? engine : null,
    path,
  };
}

function settingsFacts({ setting, platform, claudeCode }: EditorSources): Record<string, unknown> {
  const terminal = `terminal.integrated.env.${platform === "darwin" ? "osx" : platform === "win32" ? "windows" : "linux"}`;
  const names = [...SETTINGS, ...TERMINAL_SETTINGS, ...claudeSettings(claudeCode?.manifest)];
  const told = names.flatMap((name): [string, unknown][] => {
    const value = SECRET.test(name) ? undefined : harmlessValue(setting(name), isProxy(name), DEPTH);
    return value === undefined ? [] : [[name, value]];
  });
  const variables = setting(terminal);
  if (isObject(variables)) told.push([terminal, environmentFacts(variables)]);
  return Object.fromEntries(told);
}

/** The settings that the extension says it has. */
function claudeSettings(manifest: unknown): string[] {
  const { contributes } = (manifest ?? {}) as { contributes?: { configuration?: unknown } };
  const configuration = contributes?.configuration;
  const parts: unknown[] = Array.isArray(configuration) ? configuration : [configuration];
  return parts
    .flatMap((part) => {
      const { properties } = (part ?? {}) as { properties?: unknown };
      return isObject(properties) ? Object.keys(properties) : [];
    })
    .filter((name) => CLAUDE_SETTINGS.test(name))
    .slice(0, SETTINGS_AT_MOST);
}

/** What JSON can say of a value, without secrets; undefined when nothing is left. */
function harmlessValue(value: unknown, proxy: boolean, depth: number): unknown {
  if (typeof value === "string") return value.length <= VALUE_LENGTH ? harmless(value, proxy) : undefined;
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (depth === 0) return undefined;
  const within = (one: unknown): unknown => harmlessValue(one, proxy, depth - 1);
  if (Array.isArray(value)) {
    return value.length <= ITEMS_AT_MOST ? value.flatMap((one) => within(one) ?? []) : undefined;
  }
  if (!isObject(value)) return undefined;
  // A variable of an environment: `{ "name": "HTTPS_PROXY", "value": "…" }`.
  const { name } = value;
  if (typeof name === "string" && "value" in value) {
    const told = environmentFacts({ [name]: value["value"] })[name];
    return told === undefined ? undefined : { name, value: told };
  }
  const kept = Object.entries(value).flatMap(([key, one]): [string, unknown][] => {
    const inner = SECRET.test(key) ? undefined : within(one);
    return inner === undefined ? [] : [[key, inner]];
  });
  return Object.fromEntries(kept.slice(0, ITEMS_AT_MOST));
}

/** A user and password before a host become `***`, and so does what looks like a key. A proxy may be written without its scheme. */
function harmless(text: string, proxy: boolean): string {
  const hidden = text.replace(/\/\/[^\s,]*@/g, "//***@");
  const host = proxy ? hidden.replace(/^(?!\w[\w+.-]*:\/\/).*@/, "***@") : hidden;
  return host.replace(/\b(sk-|Bearer\s+)[\w.~+/-]{6,}=*/gi, "$1***");
}

function isTold(name: string): boolean {
  const upper = name.toUpperCase();
  return (NAMES.has(upper) || upper.startsWith(PREFIX)) && !SECRET.test(name);
}

function isProxy(name: string): boolean {
  return /proxy$/i.test(name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
