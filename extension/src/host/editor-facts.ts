// What the doctor is told of this editor: VS Code's and Node's facts put into the pure rules.
import { existsSync } from "node:fs";
import * as vscode from "vscode";
import { editorFacts } from "../pure/editor-facts";

/** Its id, by the Marketplace. */
const CLAUDE_CODE = "anthropic.claude-code";

/** As JSON, as of now. */
export function describeEditor(globalStorage: vscode.Uri): string {
  const { env, extensions, version, workspace } = vscode;
  const claudeCode = extensions.getExtension(CLAUDE_CODE);
  const facts = editorFacts({
    name: env.appName,
    version,
    remote: env.remoteName,
    claudeCode: claudeCode && { path: claudeCode.extensionPath, manifest: claudeCode.packageJSON },
    settingsFile: userSettings(globalStorage),
    platform: process.platform,
    setting: (name) => workspace.getConfiguration().get(name),
    env: process.env,
  });
  return JSON.stringify(facts);
}

/** The folder that the doctor looks at: that of the active editor, else the first. */
export function folderToLookAt(): string | undefined {
  const { window, workspace } = vscode;
  const document = window.activeTextEditor?.document;
  const folder = (document && workspace.getWorkspaceFolder(document.uri)) ?? workspace.workspaceFolders?.[0];
  return folder?.uri.scheme === "file" ? folder.uri.fsPath : undefined;
}

/** Beside the folder that all extensions keep their data in, also in a profile. A remote host has none: they are on the user's machine. */
function userSettings(globalStorage: vscode.Uri): string | undefined {
  const file = vscode.Uri.joinPath(globalStorage, "..", "..", "settings.json").fsPath;
  return existsSync(file) ? file : undefined;
}
