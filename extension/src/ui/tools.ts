// What the program does for the user beside the daemon: the connection report, the doctor, explanations, and switching the relay.
import type * as vscode from "vscode";
import type { Binary } from "../pure/binary";
import { ConnectionReport } from "./connection-report";
import { Doctor } from "./doctor";
import { Explainer } from "./explainer";
import { HeldDocuments } from "./held-documents";
import { Program } from "./program";
import { RelaySwitch } from "./relay";

/** All of them. */
export class Tools implements vscode.Disposable {
  readonly report: ConnectionReport;
  readonly doctor: Doctor;
  readonly explainer: Explainer;
  readonly relay: RelaySwitch;
  private readonly program: Program;
  private readonly documents = new HeldDocuments();

  constructor(
    { workspaceState, globalStorageUri }: vscode.ExtensionContext,
    binary: () => Binary,
    env: Record<string, string>,
    log: vscode.LogOutputChannel,
  ) {
    this.program = new Program(binary, env, log);
    this.report = new ConnectionReport(this.program, workspaceState);
    this.doctor = new Doctor(this.program, this.documents, globalStorageUri);
    this.explainer = new Explainer(this.program, this.documents);
    this.relay = new RelaySwitch(this.program, this.documents);
  }

  dispose(): void {
    this.program.dispose();
    this.report.dispose();
    this.doctor.dispose();
    this.documents.dispose();
  }
}
