// Findings as VS Code's Problems panel lists them, each at its place in a file, and which of them a quick fix is for.
import type { Diagnosis, Finding, Repair } from "./doctor";

/** Source of our problems, as the panel shows it. */
export const SOURCE = "Lifeline";

/** One line of the panel. Lines and columns from 0, as VS Code counts them. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The panel leaves VS Code's own `hint` out. */
  readonly severity: "error" | "warning" | "information";
  readonly message: string;
  /** The finding's id. */
  readonly code: string;
}

/** The findings that have a place. */
export function problemsOf({ findings }: Diagnosis): Problem[] {
  return findings.flatMap((finding) => problemOf(finding) ?? []);
}

function problemOf({ id, severity, title, why, place }: Finding): Problem | undefined {
  if (!place) return undefined;
  return {
    file: place.file,
    line: place.line - 1,
    column: place.column - 1,
    endLine: place.endLine - 1,
    endColumn: place.endColumn - 1,
    severity: severity === "hint" ? "information" : severity,
    message: why === undefined ? title : `${title}\n${why}`,
    code: id,
  };
}

/** What can be done about one of our problems; undefined for somebody else's, and when nothing can. */
export function repairAt(
  { findings }: Diagnosis,
  problem: Pick<Problem, "file" | "line"> & { readonly source: unknown; readonly code: unknown },
): Repair | undefined {
  if (problem.source !== SOURCE) return undefined;
  return findings.find(
    ({ id, place, repair }) =>
      repair !== undefined && id === problem.code && place?.file === problem.file && place.line - 1 === problem.line,
  )?.repair;
}

/** The repair that a command was called for: with a row of the view, with a repair's id, or with whatever else. */
export function repairOf({ findings }: Diagnosis, argument: unknown): Repair | undefined {
  const { repairId, finding } = (argument ?? {}) as { repairId?: unknown; finding?: { repair?: { id?: unknown } } };
  const id = repairId ?? finding?.repair?.id;
  return findings.find(({ repair }) => repair !== undefined && repair.id === id)?.repair;
}
