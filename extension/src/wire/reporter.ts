// Runs `lifeline report` as a child process, and passes on how far it is.
import { type Progress, ReportStderr } from "../pure/report";
import { type ProgramRun, runProgram } from "./runner";

/** A report of thousands of errors has less than 1 MB. */
const BYTES_AT_MOST = 64_000_000;

/** What is run, and who listens. */
export interface ReportRun extends Pick<ProgramRun, "binary" | "env" | "args" | "signal"> {
  readonly onProgress: (progress: Progress) => void;
  /** What prints more is no report. */
  readonly bytesAtMost?: number;
}

/** Returns what the program printed; undefined when `signal` ended it. Rejects as `runProgram` does. */
export async function runReport(run: ReportRun): Promise<string | undefined> {
  const { onProgress, bytesAtMost = BYTES_AT_MOST, ...what } = run;
  const heard = new ReportStderr();
  const push = (piece: string): void => {
    const progress = heard.push(piece);
    if (progress) onProgress(progress);
  };
  const printed = await runProgram({ ...what, bytesAtMost, stderr: { push, words: () => heard.words() } });
  return printed?.text;
}
