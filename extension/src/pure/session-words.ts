// A Claude session in words: its title, how it stands, where it runs, how long ago it last did something, and the icon for it.
import type { SessionStatus } from "../generated/protocol";
import { cleanName, type Translate } from "./format";
import type { Surroundings } from "./surroundings";

/** A title is cut here, at a word where there is one. */
const TITLE_LENGTH = 60;

/** One of VS Code's icons, and the colour it is drawn in. */
export interface StateIcon {
  readonly icon: string;
  /** A colour of the theme; undefined for that of the text. */
  readonly color: string | undefined;
}

/** The icon of a state. A state that is newer than this extension has a plain one. */
export function stateIcon(state: string): StateIcon {
  switch (state) {
    case "idle":
      return { icon: "circle-large-outline", color: "charts.green" };
    case "thinking":
      return { icon: "loading~spin", color: "charts.blue" };
    case "tool":
      return { icon: "tools", color: "charts.blue" };
    case "waiting":
      return { icon: "bell", color: "charts.yellow" };
    case "retrying":
      return { icon: "sync", color: "charts.orange" };
    case "failed":
      return { icon: "error", color: "charts.red" };
    case "cut":
      return { icon: "debug-disconnect", color: "charts.red" };
    case "ended":
      return { icon: "circle-slash", color: "disabledForeground" };
    default:
      return { icon: "circle-outline", color: undefined };
  }
}

/** How it stands, in a word or two. */
export function stateWords(
  { state, pendingTools }: Pick<SessionStatus, "state" | "pendingTools">,
  t: Translate,
): string {
  switch (state) {
    case "idle":
      return t("idle");
    case "thinking":
      return t("thinking");
    case "tool": {
      const [tool] = pendingTools;
      return tool === undefined ? t("runs a tool") : t("runs {0}", cleanName(tool.name, 30));
    }
    case "waiting":
      return t("needs you");
    case "retrying":
      return t("retrying");
    case "failed":
      return t("failed");
    case "cut":
      return t("cut off");
    case "ended":
      return t("ended");
    case "unknown":
      return t("unknown");
    default:
      return cleanName(state, 30);
  }
}

/** The same in a sentence, with the next step where there is one. */
export function stateSentence(state: string, t: Translate): string | undefined {
  switch (state) {
    case "idle":
      return t("It waits for your next prompt.");
    case "thinking":
      return t("The answer is on its way.");
    case "tool":
      return t("A tool runs.");
    case "waiting":
      return t("It waits for your answer to a question.");
    case "retrying":
      return t("The connection to the API broke, and it tries again.");
    case "failed":
      return t("The last turn ended with an error. Continue tells it to go on.");
    case "cut":
      return t("Its process ended in the middle of a turn. Continue opens it again and tells it to go on.");
    case "ended":
      return t("Its process ended between two turns. Open brings it back.");
    default:
      return undefined;
  }
}

/** Where it runs: `terminal`, `chat panel in “website”`. */
export function placeWords(
  { kind, windowId }: Pick<SessionStatus, "kind" | "windowId">,
  here: Surroundings,
  t: Translate,
): string {
  const place = kindWords(kind, t);
  if (windowId === null || windowId === here.ownWindowId) return place;
  const label = here.windows.find((window) => window.windowId === windowId)?.label;
  return label === undefined
    ? t("{0} in another window", place)
    : t("{0} in “{1}”", place, cleanName(label, TITLE_LENGTH));
}

function kindWords(kind: string, t: Translate): string {
  switch (kind) {
    case "terminal":
      return t("terminal");
    case "panel":
      return t("chat panel");
    case "elsewhere":
      return t("outside VS Code");
    case "background":
      return t("background");
    default:
      return cleanName(kind, 30);
  }
}

/** How long ago, no more exact than a glance wants it: `now`, `40 s`, `12 min`, `3 h`, `2 d`. */
export function ageWords(ms: number, t: Translate): string {
  const seconds = ms / 1000;
  if (isNow(ms)) return t("now");
  if (seconds < 60) return t("{0} s", 10 * Math.floor(seconds / 10));
  if (seconds < 3600) return t("{0} min", Math.floor(seconds / 60));
  if (seconds < 48 * 3600) return t("{0} h", Math.floor(seconds / 3600));
  return t("{0} d", Math.floor(seconds / 86_400));
}

/** The same after the fact: `just now`, `12 min ago`. */
export function agoWords(ms: number, t: Translate): string {
  return isNow(ms) ? t("just now") : t("{0} ago", ageWords(ms, t));
}

/** Too short a time to speak of. */
export function isNow(ms: number): boolean {
  return ms < 10_000;
}

/** What a person recognises it by: the beginning of the last prompt, else its id or its process. */
export function sessionTitle(session: Pick<SessionStatus, "lastPrompt" | "sessionId" | "pid">, t: Translate): string {
  const prompt = shorten(session.lastPrompt ?? "", TITLE_LENGTH);
  if (prompt !== "") return prompt;
  if (session.sessionId !== null) return t("Session {0}", session.sessionId.slice(0, 8));
  return session.pid === null ? t("Session") : t("Process {0}", session.pid);
}

/** One line of at most so many characters and a `…`, without invisible ones; cut between two words where that keeps most of it. */
export function shorten(text: string, atMost: number): string {
  const line = cleanName(text, text.length);
  if (line.length <= atMost) return line;
  const start = line.slice(0, atMost + 1);
  const word = start.lastIndexOf(" ");
  const cut = word > atMost / 2 ? start.slice(0, word) : start.slice(0, atMost);
  // Half a character is none.
  return `${cut.replace(/[\uD800-\uDBFF]$/, "").trimEnd()}…`;
}
