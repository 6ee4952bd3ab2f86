// All that this host reports by itself: beats, the worker's pulses, the editor's context. Started once the window is introduced.
import type * as vscode from "vscode";
import type { Client } from "../client";
import type { Settings } from "../generated/protocol";
import type { Binary } from "../pure/binary";
import { describe } from "../pure/start-failure";
import { UserActivity } from "./activity";
import { Beats } from "./beats";
import { EditorWatch } from "./context";
import { PulseThread } from "./pulse";
import type { FromPulse, PulseStart } from "./pulse-messages";

/** What the worker is started with; the rest is known here. */
export type PulseFacts = Omit<PulseStart, "counter" | "firstSeq">;

/** Runs until disposed. */
export class SignsOfLife {
  private readonly activity = new UserActivity();
  private readonly beats: Beats;
  private readonly pulse: PulseThread;
  private readonly editor: EditorWatch;

  constructor(
    client: Client,
    pulseScript: string,
    pulseFacts: () => PulseFacts,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.beats = new Beats(
      (beat) => client.beat(beat),
      () => this.activity.idleMs(),
    );
    const { counter } = this.beats;
    this.pulse = new PulseThread(
      pulseScript,
      // Two pulses a second never catch up with milliseconds, so a later worker's numbers are always higher.
      () => ({ ...pulseFacts(), counter, firstSeq: Math.floor(performance.now()) }),
      (message) => this.fromPulse(message),
      (line) => log.warn(line),
    );
    this.editor = new EditorWatch((context) => {
      client.setContext(context);
      this.pulse.post({ kind: "context", context });
    });
  }

  settingsChanged(settings: Settings): void {
    this.pulse.post({ kind: "settings", settings });
  }

  binaryChanged(binary: Binary): void {
    this.pulse.post({ kind: "binary", binary });
  }

  async dispose(): Promise<void> {
    this.editor.dispose();
    this.beats.dispose();
    this.activity.dispose();
    await this.pulse.dispose();
  }

  private fromPulse(message: FromPulse): void {
    if (message.kind === "log") this.log.info(`pulse thread: ${message.line}`);
    // The main thread meets the same problem and tells the user; here it is only for the log.
    else if (message.problem.kind === "start") this.log.warn(`pulse thread: ${describe(message.problem.failure)}`);
    else this.log.warn(`pulse thread: ${JSON.stringify(message.problem)}`);
  }
}
