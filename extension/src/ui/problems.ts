// Findings in the Problems panel, each in the file concerned, with a quick fix where something can be done.
import * as vscode from "vscode";
import type { Diagnosis } from "../pure/doctor";
import { type Problem, problemsOf, repairAt, SOURCE } from "../pure/problems";

/** The collection, and its quick fixes. */
export class Problems implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection("lifeline");
  private readonly registration: vscode.Disposable;
  private diagnosis: Diagnosis = { findings: [], checks: [], network: [] };

  constructor() {
    const providedCodeActionKinds = [vscode.CodeActionKind.QuickFix];
    const selector = { scheme: "file" };
    this.registration = vscode.languages.registerCodeActionsProvider(selector, this, { providedCodeActionKinds });
  }

  dispose(): void {
    this.registration.dispose();
    this.collection.dispose();
  }

  /** Those of a diagnosis, in the place of those before. Files that are not there have none. */
  async show(diagnosis: Diagnosis): Promise<void> {
    const files = new Map<string, vscode.Diagnostic[]>();
    for (const problem of problemsOf(diagnosis)) {
      files.set(problem.file, [...(files.get(problem.file) ?? []), diagnosticOf(problem)]);
    }
    const found = await Promise.all(
      [...files].map(async ([file, problems]) => ({ uri: await existingFile(file), problems })),
    );
    this.diagnosis = diagnosis;
    this.collection.clear();
    for (const { uri, problems } of found) if (uri) this.collection.set(uri, problems);
  }

  provideCodeActions(
    { uri: { fsPath: file } }: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return context.diagnostics.flatMap((diagnostic) => {
      const { source, code, range } = diagnostic;
      const repair = repairAt(this.diagnosis, { source, code, file, line: range.start.line });
      if (!repair) return [];
      const action = new vscode.CodeAction(`${SOURCE}: ${repair.label}…`, vscode.CodeActionKind.QuickFix);
      action.diagnostics = [diagnostic];
      action.command = { command: "lifeline.fixIt", title: repair.label, arguments: [{ repairId: repair.id }] };
      return [action];
    });
  }
}

async function existingFile(file: string): Promise<vscode.Uri | undefined> {
  const uri = vscode.Uri.file(file);
  try {
    return (await vscode.workspace.fs.stat(uri)).type & vscode.FileType.File ? uri : undefined;
  } catch {
    return undefined;
  }
}

function diagnosticOf({ line, column, endLine, endColumn, severity, message, code }: Problem): vscode.Diagnostic {
  const levels = vscode.DiagnosticSeverity;
  const range = new vscode.Range(line, column, endLine, endColumn);
  const level = severity === "error" ? levels.Error : severity === "warning" ? levels.Warning : levels.Information;
  const diagnostic = new vscode.Diagnostic(range, message, level);
  diagnostic.source = SOURCE;
  diagnostic.code = code;
  return diagnostic;
}
