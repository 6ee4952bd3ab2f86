// When the user last did something in this window: what counts as that, and how long ago it was. Time is an argument.

/**
 * VS Code calls a window inactive at least this long after the last key or click: it looks each 30 s, twice, and gives 10 s of grace
 * (`DomActivityTracker`, `UserActivityService`; measured 54 and 68 s).
 */
const INACTIVE_AFTER_MS = 40_000;

/** Documents that programs write and people read. */
const NO_PLACE_OF_WORK = new Set(["output", "log", "vscode-terminal", "lifeline"]);

/** What a change of a document tells about who made it. */
export interface DocumentChange {
  readonly scheme: string;
  readonly isVisible: boolean;
  /** After the change. */
  readonly isDirty: boolean;
  /** It was an undo or a redo. */
  readonly isUndo: boolean;
  /** Zero when only its dirty state has changed. */
  readonly edits: number;
}

/** Whether a person may have made it. A file that was changed on the disk is clean after the change. */
export function isByHand(change: DocumentChange): boolean {
  return (
    change.edits > 0 && change.isVisible && (change.isDirty || change.isUndo) && !NO_PLACE_OF_WORK.has(change.scheme)
  );
}

/** The time since the last sign of the user. */
export class Activity {
  private last: number | undefined;
  private isActive = false;

  /** The user did something. */
  did(nowMs: number): void {
    this.last = nowMs;
  }

  /**
   * VS Code's own word on whether the user is at this window: it also knows of clicks and keys in terminals, lists and views. It says so at
   * once, and the opposite late. Nobody tells of keys inside webviews (measured in 1.100 and 1.139: neither this nor any event).
   */
  windowActive(isActive: boolean, nowMs: number): void {
    if (this.isActive && !isActive)
      this.last = Math.max(this.last ?? Number.NEGATIVE_INFINITY, nowMs - INACTIVE_AFTER_MS);
    this.isActive = isActive;
  }

  /** Milliseconds since then; null when never. */
  idleMs(nowMs: number): number | null {
    if (this.isActive) return 0;
    return this.last === undefined ? null : Math.max(0, Math.round(nowMs - this.last));
  }
}
