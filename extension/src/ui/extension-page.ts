// What can be done about an extension that froze a host: VS Code's page of it, and a report to its authors.
import * as vscode from "vscode";
import type { Incident } from "../generated/protocol";
import { bugsAddress, culpritOf, extensionOf, issueDraft } from "../pure/culprit";

const OPEN_PAGE = "extension.open";
const SEARCH_BY_ID = "workbench.extensions.action.showExtensionsWithIds";
const ISSUE_REPORTER = "workbench.action.openIssueReporter";
const HINT_MS = 15_000;

/**
 * Opens the page that has the Disable button. VS Code has no command that disables an extension by its id (looked for with
 * `getCommands(true)` in 1.100 and 1.139: only `disableAll`, and `uninstallExtension`, which is not what was asked for).
 */
export async function disableExtension(incident: Incident): Promise<void> {
  const id = idOf(incident);
  if (id === undefined) return;
  await openPage(id);
  const { t } = vscode.l10n;
  const hint = t("Lifeline: choose Disable or Disable (Workspace) on the page of {0}", id);
  vscode.window.setStatusBarMessage(`$(extensions) ${hint}`, HINT_MS);
}

/** Opens the place where its authors take reports. VS Code shows a web address and asks before it leaves for it. */
export async function reportIssue(incident: Incident): Promise<void> {
  const culprit = culpritOf(incident);
  const id = idOf(incident);
  if (!culprit || id === undefined) return;
  const address = bugsAddress(culprit);
  if (address !== undefined) {
    await vscode.env.openExternal(vscode.Uri.parse(address, true));
    return;
  }
  // The reporter is the desktop's. In a browser (seen in 1.100) the command is there and nothing opens; with feedback switched off as well.
  const isDesktop = vscode.env.uiKind === vscode.UIKind.Desktop;
  const mayReport = vscode.workspace.getConfiguration("telemetry").get("feedback.enabled") !== false;
  if (isDesktop && mayReport && (await vscode.commands.getCommands(true)).includes(ISSUE_REPORTER)) {
    const { title, body } = issueDraft(culprit, incident.verdict);
    await vscode.commands.executeCommand(ISSUE_REPORTER, { extensionId: id, issueTitle: title, issueBody: body });
    return;
  }
  await openPage(id);
}

function idOf(incident: Incident): string | undefined {
  const culprit = culpritOf(incident);
  return culprit && extensionOf(culprit);
}

async function openPage(id: string): Promise<void> {
  try {
    await vscode.commands.executeCommand(OPEN_PAGE, id);
  } catch {
    // It was uninstalled meanwhile, or runs where this window does not see it.
    await vscode.commands.executeCommand(SEARCH_BY_ID, [id]);
  }
}
