// Wires the parts together. The extension is thin: the daemon decides, this side reports and obeys.
import * as vscode from "vscode";
import { began } from "./began";
import { Client } from "./client";
import { registerCommands } from "./commands";
import type { DrillKind } from "./generated/protocol";
import { freezeSoon } from "./host/freeze";
import { hands } from "./host/requests";
import { SignsOfLife } from "./host/signs-of-life";
import { binary, endpoint, hasRestartCommand, introduceWindow } from "./host/window";
import { daemonEnvironment } from "./pure/binary";
import { systemClock } from "./pure/clock";
import { recoverySettings, uiSettings } from "./pure/settings";
import { Documents } from "./ui/documents";
import { Notifications } from "./ui/notifications";
import { reactions } from "./ui/reactions";
import { StatusBar } from "./ui/status-bar";
import { Tools } from "./ui/tools";
import { Views } from "./ui/views";
import { startDaemon } from "./wire/starter";

/** Our own part of the start: loading here, `activate` below. What VS Code does in between is not ours. */
const loadedInMs = performance.now() - began;
let leave: (() => Promise<void>) | undefined;

/** Called by VS Code once its start-up has finished. */
export function activate(context: vscode.ExtensionContext): void {
  const activating = performance.now();
  const log = vscode.window.createOutputChannel("Lifeline", { log: true });
  const say = (line: string): void => log.info(line);
  const read = (name: string): unknown => vscode.workspace.getConfiguration("lifeline").get(name);
  const version = String(context.extension.packageJSON.version);
  const env = daemonEnvironment(process.env);
  let ui = uiSettings(read);
  let program = binary(context, ui.serverPath);
  let window = introduceWindow(context);
  let signs: SignsOfLife | undefined;

  const statusBar = new StatusBar(ui.statusBar, window.windowId);
  const askStatus = (): Promise<unknown> => client.fetchStatus();
  const notifications = new Notifications(() => ui.notifications, statusBar, askStatus, log);
  const views = new Views(() => client, statusBar);
  const drill = (kind: DrillKind): void => {
    log.warn(`drill: this extension host freezes now (${kind})`);
    freezeSoon(kind, () => client.flushed());
  };
  const client: Client = new Client({
    clock: systemClock,
    random: Math.random,
    endpoint,
    window: () => window,
    version,
    start: (replace) => startDaemon(program, env, replace),
    events: { ...reactions(statusBar, notifications, views), ...hands(say), freezeSoon: drill, log: say, trace: say },
  });
  const settings = () => recoverySettings(read);
  const applySettings = (): void => {
    ui = uiSettings(read);
    statusBar.show(ui.statusBar);
    client.setTrace(ui.trace);
    client.setSettings(settings());
    signs?.settingsChanged(settings());
    const chosen = binary(context, ui.serverPath);
    if (chosen.path === program.path) return;
    program = chosen;
    signs?.binaryChanged(program);
    client.retryNow();
  };
  const protect = async (): Promise<void> => {
    window = { ...window, canRestartGracefully: await hasRestartCommand() };
    if (leave === undefined) return;
    const facts = () => ({ window, clientVersion: version, endpoint: endpoint(), binary: program, env });
    signs = new SignsOfLife(client, context.asAbsolutePath("dist/pulse.js"), facts, log);
    applySettings();
    await client.run();
  };

  const documents = new Documents(client, statusBar);
  const tools = new Tools(context, () => program, env, log);
  const commands = registerCommands({ client, statusBar, documents, tools, views, log, settings, freezeSoon: drill });
  const edits = vscode.workspace.onDidChangeConfiguration((e) => e.affectsConfiguration("lifeline") && applySettings());
  const trust = vscode.workspace.onDidGrantWorkspaceTrust(applySettings);
  context.subscriptions.push(log, statusBar, documents, tools, views, commands, edits, trust);
  leave = async () => void (await Promise.all([client.depart(), signs?.dispose()]));
  protect().catch((error: unknown) => log.error(`could not start: ${String(error)}`));
  log.info(`activated in ${(loadedInMs + performance.now() - activating).toFixed(1)} ms`);
}

/** Called by VS Code before it ends this host in good order. */
export async function deactivate(): Promise<void> {
  const leaving = leave;
  leave = undefined;
  await leaving?.();
}
