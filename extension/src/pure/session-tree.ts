// The rows of the view "Sessions": folders, and in each the sessions at work there. Data alone; `ui/list-view.ts` draws it.
import type { SessionStatus } from "../generated/protocol";
import { bytes, type Translate } from "./format";
import { canWords, type ListGroup, type ListRow } from "./rows";
import { mayContinue } from "./session-requests";
import { sessionTooltip } from "./session-tooltip";
import { ageWords, placeWords, sessionTitle, stateIcon, stateWords } from "./session-words";
import type { Surroundings } from "./surroundings";

/** What the rows depend on besides the sessions. */
export interface TreeFacts {
  readonly here: Surroundings;
  /** Milliseconds since the Unix epoch, as the sessions' own times. */
  readonly nowUnixMs: number;
  /** The user's home, which is written `~`. */
  readonly home: string;
}

/**
 * Folders of this window first, then by name. Sessions by the time they started, newest first, and those that ended last: an order that
 * stays while they work, so that nothing moves away under the mouse.
 */
export function sessionTree(sessions: readonly SessionStatus[], facts: TreeFacts, t: Translate): ListGroup<ListRow>[] {
  const groups = new Map<string, SessionStatus[]>();
  for (const session of [...sessions].sort(byStart)) {
    const folder = session.folder ?? "";
    groups.set(folder, [...(groups.get(folder) ?? []), session]);
  }
  const own = (group: readonly SessionStatus[]): number =>
    group.some(({ windowId }) => windowId === facts.here.ownWindowId) ? 0 : 1;
  const ids = new Set<string>();
  return [...groups]
    .map(([folder, group]) => ({ folder, group, ...folderWords(folder, facts.home, t) }))
    .sort((a, b) => own(a.group) - own(b.group) || compare(a.label, b.label) || compare(a.folder, b.folder))
    .map(({ folder, group, label, description }) => ({
      id: `folder:${folder}`,
      label,
      description,
      tooltip: folder,
      icon: "folder",
      rows: group.map((session) => sessionRow(session, unique(idOf(session), ids), facts, t)),
    }));
}

function sessionRow(session: SessionStatus, id: string, facts: TreeFacts, t: Translate): ListRow {
  const since = session.activeUnixMs ?? session.startedUnixMs;
  const parts = [
    stateWords(session, t),
    since === null ? undefined : ageWords(facts.nowUnixMs - since, t),
    session.rssBytes === null ? undefined : bytes(session.rssBytes, t),
    placeWords(session, facts.here, t),
  ];
  const { sessionId, pid, shellPid, folder, transcript } = session;
  const can = canWords("session", [
    ["open", sessionId !== null || shellPid !== null],
    ["continue", mayContinue(session)],
    ["resume", sessionId !== null],
    ["transcript", transcript !== null],
  ]);
  return {
    id,
    label: sessionTitle(session, t),
    description: parts.filter((part) => part !== undefined).join(" · "),
    icon: stateIcon(session.state),
    tooltip: sessionTooltip(session, facts.here, facts.nowUnixMs, t),
    can,
    target: { sessionId, pid, shellPid, folder, transcript },
  };
}

/** Two processes may be on one session, and a process may have no session yet. */
function idOf({ sessionId, pid }: SessionStatus): string {
  return `session:${sessionId ?? ""}/${pid ?? ""}`;
}

/** VS Code shows nothing at all when two rows have one id. */
function unique(id: string, taken: Set<string>): string {
  let free = id;
  for (let i = 2; taken.has(free); i++) free = `${id}#${i}`;
  taken.add(free);
  return free;
}

function byStart(a: SessionStatus, b: SessionStatus): number {
  const ended = Number(a.state === "ended") - Number(b.state === "ended");
  const started = (one: SessionStatus): number => one.startedUnixMs ?? one.activeUnixMs ?? 0;
  return ended || started(b) - started(a) || compare(idOf(a), idOf(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `project` and `~/work` for `/home/me/work/project`. */
function folderWords(folder: string, home: string, t: Translate): { label: string; description: string } {
  if (folder === "") return { label: t("Folder not known"), description: "" };
  const end = Math.max(folder.lastIndexOf("/"), folder.lastIndexOf("\\"));
  const name = folder.slice(end + 1);
  if (name === "") return { label: folder, description: "" };
  const above = folder.slice(0, Math.max(end, 1));
  const rest = above.slice(home.length);
  const isInHome = home !== "" && above.startsWith(home) && (rest === "" || /^[\\/]/.test(rest));
  return { label: name, description: isInHome ? `~${rest}` : above };
}
