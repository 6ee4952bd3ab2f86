// The view "Sessions".
import { homedir } from "node:os";
import * as vscode from "vscode";
import type { Client } from "../client";
import { method } from "../generated/protocol";
import type { ListRow } from "../pure/rows";
import { sessionTree } from "../pure/session-tree";
import type { Surroundings } from "../pure/surroundings";
import { readSessions } from "../pure/wire-checks";
import { type Drawing, ListView } from "./list-view";

/** The sessions, by folder. */
export class Sessions extends ListView<ListRow> {
  private readonly home = homedir();

  constructor(
    client: () => Client,
    private readonly known: { surroundings(): Surroundings },
  ) {
    super({ view: "lifeline.sessions", contextKey: "lifeline.sessionList" }, client);
  }

  protected async look(): Promise<Drawing<ListRow>> {
    const sessions = readSessions(await this.client().request<unknown>(method.sessions));
    const facts = { here: this.known.surroundings(), nowUnixMs: Date.now(), home: this.home };
    return { groups: sessionTree(sessions, facts, vscode.l10n.t) };
  }
}
