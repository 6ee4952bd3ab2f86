// A command of our own program that was run beside the daemon: what it says on stderr, and why it brought nothing.
import { type Translate, withoutLinks } from "./format";
import { startFailureSentence } from "./sentences";
import { StartError } from "./start-failure";

/** Of what a program says to people, in characters. */
const WORDS_AT_MOST = 2000;

/** Hears what a program says on stderr. */
export interface Listener {
  /** Takes a piece that may begin and end anywhere. */
  push(piece: string): void;
  /** What was said to people, once nothing more will come. */
  words(): string;
}

/** Keeps the beginning of all that is said. */
export class Words implements Listener {
  private said = "";

  push(piece: string): void {
    this.said = (this.said + piece).slice(0, WORDS_AT_MOST);
  }

  words(): string {
    return this.said.trim();
  }
}

/** A line that is longer says nothing to us. */
const LINE_AT_MOST = 1000;

/** Hands on each line as it ends. What is not taken is said to people. */
export class Lines implements Listener {
  private line = "";
  private readonly said = new Words();

  constructor(private readonly take: (line: string) => boolean) {}

  push(piece: string): void {
    const [first = "", ...rest] = piece.split("\n");
    this.line = (this.line + first).slice(0, LINE_AT_MOST);
    for (const next of rest) {
      if (!this.take(this.line)) this.said.push(`${this.line}\n`);
      this.line = next.slice(0, LINE_AT_MOST);
    }
  }

  words(): string {
    if (!this.take(this.line)) this.said.push(this.line);
    this.line = "";
    return this.said.words();
  }
}

/** The program ran, and did not bring what it was asked for. */
export class ProgramError extends Error {
  constructor(
    /** Such as `report`. */
    readonly command: string,
    /** Such as `code 1` or `signal SIGKILL`. */
    readonly exit: string,
    /** What it said to people. */
    readonly words: string,
  ) {
    super(`lifeline ${command} ended with ${exit}${words === "" ? "" : `: ${words}`}`);
  }
}

/** Why there is nothing, with the next step. */
export function programFailureSentence(error: unknown, t: Translate): string {
  if (error instanceof StartError) {
    const { failure } = error;
    if (failure.kind !== "failed") return startFailureSentence(failure, t);
    return t("Lifeline's program cannot be run ({0}). Install the Lifeline extension again.", failure.path);
  }
  if (error instanceof ProgramError && error.words === "") {
    return t("Lifeline: its program did not finish ({0}). Try again; Show Log says more.", error.exit);
  }
  const reason = error instanceof ProgramError ? error.words : error instanceof Error ? error.message : String(error);
  return t("Lifeline: {0}", withoutLinks(reason));
}
