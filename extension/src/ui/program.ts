// Runs commands of our own program for the user: with progress that can be cancelled, and a sentence when it brings nothing.
import * as vscode from "vscode";
import type { Binary } from "../pure/binary";
import { Lines, programFailureSentence } from "../pure/program";
import { type Printed, type ProgramRun, runProgram } from "../wire/runner";

/** Findings, explanations and the two texts of a file. */
const BYTES_AT_MOST = 16_000_000;
const HINT_MS = 5000;

/** What is asked of it. */
export interface Question extends Pick<ProgramRun, "args"> {
  /** Said while it runs. */
  readonly title: string;
  readonly stdin?: string;
  /** Variables besides those that the program always has. */
  readonly env?: Record<string, string>;
  readonly accepts?: readonly number[];
  /** A step of something that the user is in the midst of: said in the status bar. VS Code shows three messages at once and drops what follows. */
  readonly isStep?: boolean;
  /** Ends it from elsewhere too. */
  readonly run?: AbortController;
  /** What is said while it runs, by a line that it wrote to stderr; undefined for another line. */
  readonly progress?: (line: string) => string | undefined;
}

/** Where it is said how far something is. */
type Shown = vscode.Progress<{ message?: string; increment?: number }>;

/** The program, and all runs of it that are under way. None of them needs the daemon. */
export class Program implements vscode.Disposable {
  private readonly running = new Set<AbortController>();

  constructor(
    readonly binary: () => Binary,
    readonly env: Record<string, string>,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  dispose(): void {
    for (const run of this.running) run.abort();
  }

  /** Runs it to its end; undefined when it was cancelled. */
  ask({ title, run, isStep = false, progress, env, ...question }: Question): Promise<Printed | undefined> {
    const { Notification, Window } = vscode.ProgressLocation;
    const work = ({ signal }: AbortController, shown: Shown): Promise<Printed | undefined> => {
      const stderr = new Lines((line) => {
        const message = progress?.(line);
        if (message !== undefined) shown.report({ message });
        return message !== undefined;
      });
      return runProgram({
        binary: this.binary(),
        env: { ...this.env, ...env },
        signal,
        bytesAtMost: BYTES_AT_MOST,
        stderr,
        ...question,
      });
    };
    return this.watched(title, run, work, isStep ? Window : Notification);
  }

  /** Shows work with a title and a button that cancels it. */
  async watched<T>(
    title: string,
    run = new AbortController(),
    work: (run: AbortController, shown: Shown) => Promise<T>,
    location = vscode.ProgressLocation.Notification,
  ): Promise<T> {
    const options = { location, title, cancellable: true };
    this.running.add(run);
    try {
      return await vscode.window.withProgress(options, (shown, token) => {
        token.onCancellationRequested(() => run.abort());
        return work(run, shown);
      });
    } finally {
      this.running.delete(run);
    }
  }

  /** When it brings nothing, says why and what to do. */
  async explained(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { log } = this;
      const { t } = vscode.l10n;
      log.warn(error instanceof Error ? error.message : String(error));
      const showLog = t("Show Log");
      const chosen = vscode.window.showWarningMessage(programFailureSentence(error, t), showLog);
      void chosen.then((button) => button === showLog && log.show());
    }
  }
}

/** A word in the status bar about what was done. */
export function hint(icon: string, text: string): void {
  vscode.window.setStatusBarMessage(`$(${icon}) ${vscode.l10n.t("Lifeline: {0}", text)}`, HINT_MS);
}
