// The relay as `lifeline relay` tells of it, and what the program is asked and told for that.
import { type Preview, readPreview } from "./doctor";
import { samePreview } from "./doctor-words";
import { parseFields, textOf } from "./untrusted";

/** All that the program says, in characters. */
const SENTENCES_LENGTH = 2000;

/** A change of Claude Code's settings, or none that is needed. */
export type RelayPreview = Preview | "nothing";

/** Arguments of `lifeline`: how it is. It exits with 1 when something is wrong, which is an answer. */
export const RELAY_STATUS = ["relay", "status", "--format", "json"] as const;

/** What is wanted of it. */
export type Switch = "on" | "off";

/** As what it is turned on. */
export type Way = "tunnel" | "gateway";

/** What the program is asked to do. */
export function switchArguments(way: Way | "off"): ["relay", ...string[]] {
  return way === "off" ? ["relay", "off"] : ["relay", "on", "--mode", way];
}

/**
 * What the command does, by what `lifeline relay status` printed: whoever is led to the relay, wherever it is, wants to be rid of it. Undefined
 * when that cannot be read.
 */
export function wantedSwitch(status: string): Switch | undefined {
  const isUsed = parseFields(status)?.["isUsed"];
  if (typeof isUsed !== "boolean") return undefined;
  return isUsed ? "off" : "on";
}

/** What `lifeline relay on --preview` printed; undefined when it cannot be read. */
export function readRelayPreview(text: string): RelayPreview | undefined {
  if (text.trim() === "null") return "nothing";
  const preview = readPreview(text);
  return preview && preview.before === preview.after ? "nothing" : preview;
}

/** Whether a change stands as it was shown. */
export function sameRelayPreview(shown: RelayPreview, now: RelayPreview): boolean {
  return shown === "nothing" || now === "nothing" ? shown === now : samePreview(shown, now);
}

/** Of what the program says when it is done, what a message has room for: that it is done, and what keeps Claude Code from using it. */
export function switchedSentence(printed: string): string | undefined {
  const [first, second] = (textOf(printed, SENTENCES_LENGTH) ?? "").split("\n");
  return first?.includes("NO_PROXY") && second ? `${first} ${second}` : first || undefined;
}

/** Where Claude Code finds its proxy and its API, and whom it trusts: the relay has to lead there in its turn. */
// biome-ignore format: a table
const NAMES = [
  "https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "ANTHROPIC_BASE_URL",
  "NODE_EXTRA_CA_CERTS",
];

/**
 * The part of this host's environment that the program looks at, with what the panel adds to it (`claudeCode.environmentVariables`). It may hold
 * a proxy's password: it is handed over as environment, which only the same user can read.
 */
export function relayEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  added: unknown,
): Record<string, string> {
  const known: Record<string, string> = {};
  for (const name of NAMES) {
    const value = env[name];
    if (value !== undefined) known[name] = value;
  }
  for (const one of Array.isArray(added) ? added : []) {
    const { name, value } = (one ?? {}) as { name?: unknown; value?: unknown };
    if (typeof name === "string" && NAMES.includes(name) && typeof value === "string") known[name] = value;
  }
  return known;
}
