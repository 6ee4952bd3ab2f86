// The rows of the lists in the side bar, as data; `ui/list-view.ts` draws them.
import type { SessionTarget } from "./session-requests";
import type { StateIcon } from "./session-words";

/** One row. */
export interface ListRow {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon: StateIcon;
  /** Markdown; all that came from elsewhere is escaped in it. */
  readonly tooltip: string;
  /** What can be done with it, as words for `viewItem =~` in package.json. */
  readonly can: string;
  /** Its session, for the commands about sessions. */
  readonly target: SessionTarget;
}

/** Rows that belong together. */
export interface ListGroup<Row extends ListRow> {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip?: string;
  /** One of VS Code's icons. */
  readonly icon?: string;
  /** Folded until the user opens it. */
  readonly collapsed?: boolean;
  readonly rows: readonly Row[];
}

/** The words for what can be done: the kind of row, and all that hold. */
export function canWords(kind: string, words: readonly (readonly [string, boolean])[]): string {
  return [kind, ...words.filter(([, is]) => is).map(([word]) => word)].join(" ");
}
