// "Explain an Error": what is selected, what is in the clipboard, or the last one that Claude Code had; the answer is a document.
import * as vscode from "vscode";
import {
  explainArguments,
  explanationDocument,
  explanationTitle,
  looksLikeError,
  oneLine,
  readExplanation,
  TEXT_AT_MOST,
  textOfArgument,
} from "../pure/explanation";
import { openPreview } from "./documents";
import type { HeldDocuments } from "./held-documents";
import type { Program } from "./program";

/** The error is not known: that is an answer. */
const NOT_KNOWN = 1;

/** The command. */
export class Explainer {
  constructor(
    private readonly program: Program,
    private readonly documents: HeldDocuments,
  ) {}

  /** Explains the error that it is called with; without one, finds one or asks for it. */
  async explain(argument: unknown): Promise<void> {
    const text = textOfArgument(argument) ?? selectedText() ?? (await askForText());
    if (text === undefined) return;
    await this.program.explained(() => this.show(text.trim()));
  }

  private async show(text: string): Promise<void> {
    const { t } = vscode.l10n;
    const title = t("Lifeline: looking the error up");
    const accepts = [0, NOT_KNOWN];
    const printed = await this.program.ask({ title, args: explainArguments(text), stdin: text, accepts });
    if (!printed) return;
    const explanation = readExplanation(printed.text);
    if (!explanation) throw new Error(t("the explanation cannot be read. Install the Lifeline extension again."));
    const name = `${explanationTitle(explanation, t)}.md`;
    await openPreview(this.documents.hold(name, explanationDocument(explanation, text, t)));
    if (!explanation.entry) await offerReport();
  }
}

function selectedText(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  const selected = editor?.document.getText(editor.selection) ?? "";
  return selected.trim() === "" ? undefined : selected.slice(0, TEXT_AT_MOST);
}

/** Undefined when it was cancelled; empty for the last error of the transcripts. */
async function askForText(): Promise<string | undefined> {
  const { t } = vscode.l10n;
  const clipboard = await vscode.env.clipboard.readText();
  const offered = looksLikeError(clipboard) ? oneLine(clipboard) : "";
  const typed = await vscode.window.showInputBox({
    title: t("Lifeline: Explain an Error"),
    prompt: t("The error, as you saw it. Empty: the last one that Claude Code had."),
    placeHolder: "API Error: Connection error",
    value: offered,
    ignoreFocusOut: true,
  });
  // Unchanged, it is all of it that is meant.
  return typed !== undefined && typed === offered && offered !== "" ? clipboard : typed;
}

async function offerReport(): Promise<void> {
  const { t } = vscode.l10n;
  const report = t("Connection Report");
  const text = t("Lifeline does not know this error. The connection report shows what your transcripts say of it.");
  if ((await vscode.window.showInformationMessage(text, report)) !== report) return;
  await vscode.commands.executeCommand("lifeline.connectionReport");
}
