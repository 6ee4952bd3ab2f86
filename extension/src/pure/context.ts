// What the editor shows, made fit for the wire: bounded, and with what a kill would lose picked out.
import type { EditorContext, Tab } from "../generated/protocol";

const MAX_TABS = 2000;
const MAX_EDITORS = 50;
const MAX_SELECTIONS = 20;
const MAX_DOCUMENTS = 2000;
const MAX_RISKS = 100;
const MAX_TERMINALS = 100;
const MAX_FOLDERS = 100;
const MAX_TASKS = 100;
const MAX_NAME = 300;
/** A longer URI is cut where it only names a thing, and left out where it would have to open it again. */
const MAX_URI = 2000;
/** A character takes at most three bytes, so this stays below the frame limit of 8 MB. */
const MAX_CHARACTERS = 2_000_000;

/** Holds a context within its limits. What a kill would lose is cut last and never becomes empty. */
export function boundContext(context: EditorContext): EditorContext {
  const bounded: EditorContext = {
    workspaceFolders: uris(context.workspaceFolders, MAX_FOLDERS),
    tabs: context.tabs.slice(0, MAX_TABS).map(boundTab),
    visibleEditors: context.visibleEditors
      .filter((editor) => editor.uri.length <= MAX_URI)
      .slice(0, MAX_EDITORS)
      .map((editor) => ({ uri: editor.uri, selections: editor.selections.slice(0, MAX_SELECTIONS) })),
    dirtyDocuments: uris(context.dirtyDocuments, MAX_DOCUMENTS),
    dirtyCustomEditors: names(context.dirtyCustomEditors),
    dirtyNotebooks: names(context.dirtyNotebooks),
    debugSessions: context.debugSessions
      .slice(0, MAX_RISKS)
      .map(({ name, kind }) => ({ name: name.slice(0, MAX_NAME), kind: kind.slice(0, MAX_NAME) })),
    terminals: context.terminals.slice(0, MAX_TERMINALS).map(({ name, pid, cwd }) => ({
      name: name.slice(0, MAX_NAME),
      pid,
      cwd: cwd !== null && cwd.length <= MAX_URI ? cwd : null,
    })),
    runningTasks: context.runningTasks.slice(0, MAX_TASKS).map((name) => name.slice(0, MAX_NAME)),
  };
  while (JSON.stringify(bounded).length > MAX_CHARACTERS && bounded.tabs.length + bounded.dirtyDocuments.length > 2) {
    bounded.tabs = bounded.tabs.slice(0, bounded.tabs.length >> 1);
    bounded.dirtyDocuments = bounded.dirtyDocuments.slice(0, bounded.dirtyDocuments.length >> 1);
  }
  return bounded;
}

function boundTab(tab: Tab): Tab {
  return {
    ...tab,
    label: tab.label.slice(0, MAX_NAME),
    uri: tab.uri !== null && tab.uri.length <= MAX_URI ? tab.uri : null,
    viewType: tab.viewType?.slice(0, MAX_NAME) ?? null,
  };
}

function uris(list: readonly string[], limit: number): string[] {
  return list.filter((uri) => uri.length <= MAX_URI).slice(0, limit);
}

function names(list: readonly string[]): string[] {
  return [...new Set(list)].slice(0, MAX_RISKS).map((uri) => uri.slice(0, MAX_URI));
}

/** What a kill of the host would lose. A change of this is told at once, the rest may wait a moment. */
export function risksOf(
  context: Pick<EditorContext, "dirtyCustomEditors" | "dirtyNotebooks" | "debugSessions">,
): string {
  return JSON.stringify([context.dirtyCustomEditors, context.dirtyNotebooks, context.debugSessions]);
}
