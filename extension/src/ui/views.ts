// The lists in the side bar.
import type * as vscode from "vscode";
import type { Client } from "../client";
import type { Surroundings } from "../pure/surroundings";
import { Processes } from "./processes";
import { Sessions } from "./sessions";

/** Both lists. */
export class Views implements vscode.Disposable {
  readonly sessions: Sessions;
  readonly processes: Processes;

  constructor(client: () => Client, known: { surroundings(): Surroundings }) {
    this.sessions = new Sessions(client, known);
    this.processes = new Processes(client);
  }

  dispose(): void {
    this.sessions.dispose();
    this.processes.dispose();
  }

  /** There is a daemon again. */
  reconnected(): void {
    this.sessions.reconnected();
    this.processes.reconnected();
  }

  /** Something happened that may have changed a session. */
  news(): void {
    this.sessions.news();
  }
}
