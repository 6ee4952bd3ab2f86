// "Run Doctor": the program looks, in a child process; its findings are a view and problems, and what can be repaired is repaired from there.
import * as vscode from "vscode";
import { describeEditor, folderToLookAt } from "../host/editor-facts";
import {
  type Diagnosis,
  doctorArguments,
  type FileRepair,
  type Preview,
  readDiagnosis,
  readPreview,
} from "../pure/doctor";
import { doneSentence, wellSentence } from "../pure/doctor-words";
import { CONTACTS, IDLE_SECONDS, probeOptions, progressWords, readContacts } from "../pure/network";
import { repairOf } from "../pure/problems";
import { ProgramError } from "../pure/program";
import type { Printed } from "../wire/runner";
import { DoctorView } from "./doctor-view";
import type { HeldDocuments } from "./held-documents";
import { Problems } from "./problems";
import { hint, type Program, type Question } from "./program";
import { Repairs } from "./repairs";

/** Something is wrong: that is an answer. */
const SOMETHING_WRONG = 1;
/** What was to be repaired is not as it was found. */
const REFUSED = "code 4";

/** A question with arguments besides those that every question has. */
interface Asked extends Omit<Question, "args" | "stdin"> {
  readonly more: readonly string[];
}

/** The newest diagnosis, and the commands about it. */
export class Doctor implements vscode.Disposable {
  private readonly view = new DoctorView();
  private readonly problems = new Problems();
  private readonly repairs: Repairs;
  private diagnosis: Diagnosis | undefined;
  /** What it was about. */
  private folder: string | undefined;
  private looking: AbortController | undefined;

  constructor(
    private readonly program: Program,
    private readonly documents: HeldDocuments,
    private readonly globalStorage: vscode.Uri,
  ) {
    const repairing = { preview: (one: FileRepair) => this.preview(one), apply: (one: FileRepair) => this.apply(one) };
    this.repairs = new Repairs(repairing, documents);
  }

  dispose(): void {
    this.view.dispose();
    this.problems.dispose();
  }

  /** Looks, and shows what is found. */
  async run(): Promise<void> {
    await this.program.explained(async () => {
      this.folder = folderToLookAt();
      if (await this.look(false)) await this.view.focus();
    });
  }

  /** Names whom it contacts, asks, and then looks with the network measured. */
  async probe(): Promise<void> {
    await this.program.explained(async () => {
      const { t } = vscode.l10n;
      this.folder = folderToLookAt();
      const title = t("Lifeline: seeing whom the probe would contact");
      const printed = await this.ask({ title, more: CONTACTS, isStep: true });
      if (!printed) return;
      const servers = readContacts(printed.text);
      if (!servers) throw new Error(t("whom the probe would contact cannot be read. Nothing was sent."));
      const detail = t(
        "This contacts:\n{0}\n\nNo credential is sent. It takes half a minute at most, or {1} minutes with idle connections, which shows after how long something on the way drops them.",
        servers.map((server) => `• ${server}`).join("\n"),
        IDLE_SECONDS / 60,
      );
      const [measure, idle] = [t("Measure"), t("Measure with Idle Connections")];
      const question = t("Measure the network to the API?");
      const chosen = await vscode.window.showInformationMessage(question, { modal: true, detail }, measure, idle);
      if (chosen === undefined) return;
      if (await this.look(false, probeOptions(chosen === idle))) await this.showNetwork();
    });
  }

  /** Puts it into the clipboard, ready to paste: the program hides what names anybody. */
  async copy(): Promise<void> {
    await this.program.explained(async () => {
      const { t } = vscode.l10n;
      const title = t("Lifeline: writing the doctor's report");
      const more = ["--format", "markdown"];
      const printed = await this.ask({ title, more, accepts: [0, SOMETHING_WRONG], isStep: true });
      if (!printed) return;
      await vscode.env.clipboard.writeText(printed.text);
      hint("copy", t("the doctor's report is in the clipboard, as Markdown"));
    });
  }

  /** Offers to repair a finding: of a row, of a problem, or of the row that is selected. */
  async fix(argument: unknown): Promise<void> {
    const repair = this.diagnosis && repairOf(this.diagnosis, argument ?? this.view.selected);
    if (!repair) return;
    await this.program.explained(async () => {
      try {
        if (!(await this.repairs.offer(repair))) return;
      } catch (error) {
        if (error instanceof ProgramError && error.exit === REFUSED) await this.look(true);
        throw error;
      }
      await this.look(true);
    });
  }

  /** Shows where a finding is. */
  async open(argument: unknown): Promise<void> {
    const { finding } = (argument ?? this.view.selected ?? {}) as { finding?: { id?: unknown } };
    const place = this.diagnosis?.findings.find((one) => one === finding)?.place;
    if (!place) return;
    const { file, line, column, endLine, endColumn } = place;
    const selection = new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
    await vscode.commands.executeCommand("vscode.open", vscode.Uri.file(file), { selection });
  }

  /** True when there is a new diagnosis. */
  private async look(isStep: boolean, probe: readonly string[] = []): Promise<boolean> {
    const { t } = vscode.l10n;
    this.looking?.abort();
    const looking = new AbortController();
    this.looking = looking;
    const printed = await this.ask({
      title: probe.length > 0 ? t("Lifeline: measuring the network") : t("Lifeline: the doctor looks at this machine"),
      more: ["--format", "json", "--no-redact", ...probe],
      progress: (line) => progressWords(line, t),
      accepts: [0, SOMETHING_WRONG],
      run: looking,
      isStep,
    });
    if (!printed || looking.signal.aborted) return false;
    const diagnosis = readDiagnosis(printed.text);
    if (!diagnosis) throw new Error(t("what the doctor found cannot be read. Install the Lifeline extension again."));
    this.diagnosis = diagnosis;
    await this.view.show(diagnosis);
    await this.problems.show(diagnosis);
    const well = wellSentence(diagnosis, t);
    if (well !== undefined) void vscode.window.showInformationMessage(well);
    return true;
  }

  /** The figures, to read and to copy; the findings are in the view. */
  private async showNetwork(): Promise<void> {
    const text = this.diagnosis?.network.map((sentence) => `${sentence}\n`).join("") ?? "";
    await this.view.focus();
    const document = this.documents.hold("Network.txt", text);
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true });
  }

  private async preview({ id, label }: FileRepair): Promise<Preview | undefined> {
    const printed = await this.ask({ title: label, more: ["--no-redact", "--fix", id, "--preview"], isStep: true });
    if (!printed) return undefined;
    const preview = readPreview(printed.text);
    if (!preview) throw new Error(vscode.l10n.t("what would change cannot be read. Nothing was done."));
    return preview;
  }

  private async apply({ id, label }: FileRepair): Promise<string | undefined> {
    const printed = await this.ask({ title: label, more: ["--no-redact", "--fix", id, "--yes"], isStep: true });
    return printed && doneSentence(printed.text, vscode.l10n.t);
  }

  private ask({ more, ...question }: Asked): Promise<Printed | undefined> {
    const args = doctorArguments(this.folder, more);
    return this.program.ask({ ...question, args, stdin: describeEditor(this.globalStorage) });
  }
}
