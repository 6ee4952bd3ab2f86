// "Turn Relay On/Off": the program does it; here its change of Claude Code's settings is shown, and asked about.
import * as vscode from "vscode";
import { withoutLinks } from "../pure/format";
import {
  RELAY_STATUS,
  type RelayPreview,
  readRelayPreview,
  relayEnvironment,
  sameRelayPreview,
  switchArguments,
  switchedSentence,
  type Way,
  wantedSwitch,
} from "../pure/relay";
import type { Printed } from "../wire/runner";
import type { HeldDocuments } from "./held-documents";
import type { Program } from "./program";
import { askWithDiff, refuseUnsaved } from "./shown-change";

/** Something is wrong with it: that is an answer. */
const SOMETHING_WRONG = 1;

/** The command. */
export class RelaySwitch {
  private switching = false;

  constructor(
    private readonly program: Program,
    private readonly documents: HeldDocuments,
  ) {}

  /** Turns it on when Claude Code is not led to it, else off. While one change is offered, another is not. */
  async toggle(): Promise<void> {
    if (this.switching) return;
    this.switching = true;
    try {
      await this.program.explained(() => this.change());
    } finally {
      this.switching = false;
    }
  }

  private async change(): Promise<void> {
    const { t } = vscode.l10n;
    const status = await this.ask(RELAY_STATUS, [0, SOMETHING_WRONG]);
    if (!status) return;
    const to = wantedSwitch(status.text);
    if (!to) throw new Error(t("how the relay is cannot be read. Install the Lifeline extension again."));
    const way = to === "on" ? await chosenWay() : to;
    const shown = way && (await this.preview(way));
    if (!shown || !(await this.isWanted(way, shown))) return;
    // The question may have stood there for hours.
    const now = await this.preview(way);
    if (!now) return;
    if (!sameRelayPreview(shown, now)) {
      throw new Error(t("Claude Code's settings have changed meanwhile, so nothing was done. Try again."));
    }
    const done = await this.ask([...switchArguments(way), "--yes"]);
    if (!done) return;
    const said = switchedSentence(done.text) ?? t("it is done");
    void vscode.window.showInformationMessage(t("Lifeline: {0}", withoutLinks(said)));
  }

  private async isWanted(way: Way | "off", change: RelayPreview): Promise<boolean> {
    const { t } = vscode.l10n;
    const isOn = way !== "off";
    const question = isOn ? t("Turn the relay on?") : t("Turn the relay off?");
    const yes = isOn ? t("Turn On") : t("Turn Off");
    const detail = {
      tunnel: t(
        "Sessions of Claude Code that start from now on reach the API through a tunnel on this machine, which waits out outages and ends stalls. What passes stays encrypted: nobody here can read it.",
      ),
      gateway: t(
        "Sessions of Claude Code that start from now on reach the API through a gateway on this machine, which waits out outages, repeats what failed, and keeps the API's request ids, and never what was said. Claude Code does without Remote Control then, and without MCP tool search unless ENABLE_TOOL_SEARCH=true is set.",
      ),
      off: t("Claude Code's settings become as they were. Sessions that run already go through it for another day."),
    }[way];
    if (change === "nothing") {
      return (await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
    }
    return askWithDiff(this.documents, change, { question, detail: [detail, change.file].join("\n\n"), yes });
  }

  private async preview(way: Way | "off"): Promise<RelayPreview | undefined> {
    const printed = await this.ask([...switchArguments(way), "--preview"]);
    if (!printed) return undefined;
    const preview = readRelayPreview(printed.text);
    if (!preview) throw new Error(vscode.l10n.t("what would change cannot be read. Nothing was done."));
    if (preview !== "nothing") await refuseUnsaved(preview.file);
    return preview;
  }

  private ask(args: readonly [string, ...string[]], accepts = [0]): Promise<Printed | undefined> {
    const title = vscode.l10n.t("Lifeline: the relay");
    // The user's own alone: where all sessions go is not for the settings of one folder to say.
    const added = vscode.workspace.getConfiguration().inspect("claudeCode.environmentVariables")?.globalValue;
    return this.program.ask({ title, args, accepts, env: relayEnvironment(process.env, added), isStep: true });
  }
}

/** As what it is to be turned on; undefined when that was left open. */
async function chosenWay(): Promise<Way | undefined> {
  const { t } = vscode.l10n;
  const items: (vscode.QuickPickItem & { way: Way })[] = [
    {
      way: "tunnel",
      label: t("Tunnel"),
      description: t("recommended"),
      detail: t("Sees nothing of what passes. Waits out outages, and ends what has fallen silent."),
    },
    {
      way: "gateway",
      label: t("Gateway"),
      detail: t("Sees the API's answers come. Also repeats what failed, and says why: status, request id, tokens."),
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: t("Lifeline: Turn Relay On"),
    placeHolder: t("What the relay is to be"),
    ignoreFocusOut: true,
  });
  return chosen?.way;
}
