// All that is known of a session, in Markdown: the tooltip of its row.
import type { PendingTool, SessionStatus } from "../generated/protocol";
import { bytes, cleanName, escapeMarkdown, type Translate } from "./format";
import {
  ageWords,
  agoWords,
  isNow,
  placeWords,
  sessionTitle,
  shorten,
  stateSentence,
  stateWords,
} from "./session-words";
import type { Surroundings } from "./surroundings";

/** A tooltip is no place to read: the beginnings of what was said are enough. */
const PROMPT_LENGTH = 300;
const ANSWER_LENGTH = 600;
const PATH_LENGTH = 300;
const MOST_TOOLS = 10;

/** The tooltip; all that came from elsewhere is escaped in it. */
export function sessionTooltip(session: SessionStatus, here: Surroundings, nowUnixMs: number, t: Translate): string {
  const lines = [`**${escapeMarkdown(sessionTitle(session, t))}**`];
  const sentence = stateSentence(session.state, t);
  lines.push(sentence ?? escapeMarkdown(stateWords(session, t)));
  const ago = (unixMs: number | null): string | null => (unixMs === null ? null : agoWords(nowUnixMs - unixMs, t));
  const text = (value: string | null): string | null =>
    value === null ? null : escapeMarkdown(cleanName(value, PATH_LENGTH));
  const rows: [string, string | number | null][] = [
    [t("Session"), text(session.sessionId)],
    [t("Where"), escapeMarkdown(placeWords(session, here, t))],
    [t("Process"), session.pid],
    [t("Memory"), session.rssBytes === null ? null : bytes(session.rssBytes, t)],
    [t("Started"), ago(session.startedUnixMs)],
    [t("Last activity"), ago(session.activeUnixMs)],
    [t("Folder"), text(session.folder)],
    [t("Branch"), text(session.gitBranch)],
    [t("Subagents"), session.subagents > 0 ? session.subagents : null],
    [t("Editor connection"), session.bridged ? t("carried by Lifeline") : null],
    [t("Transcript"), text(session.transcript)],
  ];
  const known = rows.filter(([, value]) => value !== null);
  lines.push(["| | |", "|:--|:--|", ...known.map(([name, value]) => `| ${name} | ${value} |`)].join("\n"));
  if (session.pendingTools.length > 0) {
    const tools = session.pendingTools.slice(0, MOST_TOOLS).map((tool) => `- ${toolLine(tool, nowUnixMs, t)}`);
    lines.push(`${t("Tools without a result:")}\n\n${tools.join("\n")}`);
  }
  if (session.lastPrompt) lines.push(`${t("Last prompt:")}\n\n${quoted(session.lastPrompt, PROMPT_LENGTH)}`);
  if (session.partialAnswer) lines.push(`${t("Answer so far:")}\n\n${quoted(session.partialAnswer, ANSWER_LENGTH)}`);
  return lines.join("\n\n");
}

function toolLine({ name, summary, sinceUnixMs }: PendingTool, nowUnixMs: number, t: Translate): string {
  const what = summary === "" ? cleanName(name, PATH_LENGTH) : `${cleanName(name, 60)}: ${cleanName(summary, 200)}`;
  const forMs = sinceUnixMs === null ? 0 : nowUnixMs - sinceUnixMs;
  const since = isNow(forMs) ? "" : ` (${t("for {0}", ageWords(forMs, t))})`;
  return escapeMarkdown(what) + since;
}

function quoted(text: string, atMost: number): string {
  return `> ${escapeMarkdown(shorten(text, atMost))}`;
}
