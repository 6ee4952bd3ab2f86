// `npm start`: a real VS Code with Lifeline in it, on a sample folder. `npm start -- --desktop`: into your own VS Code.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installExtensions } from "../tests/e2e/harness/extensions.mjs";
import { writeSettings } from "../tests/e2e/harness/vscode.mjs";
import { cacheDir, SetUpError } from "./lib/cache.mjs";
import { ensureClaudeExtension } from "./lib/claude-code.mjs";
import { main } from "./lib/main.mjs";
import { buildVsix, ensureNpmPackages, show } from "./lib/project.mjs";
import { findProgram } from "./lib/system.mjs";
import { ensureVsCodeServer } from "./lib/vscode-server.mjs";

const HELP = `npm start                 a real VS Code server with Lifeline and, when it can be had, Claude Code; prints its address
npm start -- --port N     … on this port (default 8765)
npm start -- --desktop    builds the VSIX and installs it into your own VS Code (the command \`code\`)
`;

const SAMPLE = fileURLToPath(new URL("sample-project", import.meta.url));

main(async () => {
  const { values } = parseArgs({
    options: {
      desktop: { type: "boolean" },
      port: { type: "string", default: "8765" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new SetUpError(`--port ${values.port} is no port.`, "give a number from 0 (any free one) to 65535.");
  await ensureNpmPackages();
  const vsix = await buildVsix();
  if (values.desktop) return desktop(vsix);
  await server(vsix, port);
});

/** @param {string} vsix */
async function desktop(vsix) {
  const code = findProgram("code", "code-insiders", "codium");
  if (!code)
    throw new SetUpError(
      "The command `code` was not found.",
      `in VS Code, run “Shell Command: Install 'code' command in PATH”, or install ${vsix} by hand (Extensions: Install from VSIX…).`,
    );
  await show(code, ["--install-extension", vsix, "--force"], { what: "install into VS Code" });
  console.log(
    "Lifeline is installed. Reload the window (Developer: Reload Window), then try “Lifeline: Run Recovery Drill”.",
  );
}

/** @param {string} vsix @param {number} port */
async function server(vsix, port) {
  const [code, claude] = [await ensureVsCodeServer(), await ensureClaudeExtension()];
  const home = path.join(cacheDir(), "start");
  const [extensions, userData, folder] = ["extensions", "user", "sample-project"].map((name) => path.join(home, name));
  // Extensions and settings are this run's; the sample folder is the user's to play in.
  await rm(extensions, { recursive: true, force: true });
  await installExtensions(extensions, [vsix, ...(claude.folder ? [claude.folder] : [])]);
  if (!claude.folder) console.log(`Without Claude Code: ${claude.reason}`);
  await mkdir(home, { recursive: true });
  await cp(SAMPLE, folder, { recursive: true, force: false });
  await writeSettings(userData, { "window.confirmBeforeClose": "never" });

  // Whoever opens this VS Code has a terminal as this user: a page or another user must not get in by the port alone.
  const token = randomBytes(16).toString("hex");
  const tokenFile = path.join(home, "token");
  await writeFile(tokenFile, token, { mode: 0o600 });

  const child = spawn(
    code.node,
    [
      code.main,
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--connection-token-file",
      tokenFile,
      "--accept-server-license-terms",
      "--telemetry-level",
      "off",
      "--user-data-dir",
      userData,
      "--server-data-dir",
      path.join(userData, "server"),
      "--extensions-dir",
      extensions,
    ],
    { env: { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' }, stdio: ["ignore", "pipe", "pipe"] },
  );
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.on(signal, () => child.kill(signal));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      const before = output;
      output = (output + text).slice(-20_000);
      const listening = /Extension host agent listening on (\d+)/;
      const found = listening.exec(output);
      if (found && !listening.test(before)) {
        console.log(`
VS Code ${code.vscode} with Lifeline${claude.folder ? ` and Claude Code ${claude.version}` : ""} is ready:

    http://127.0.0.1:${found[1]}/?tkn=${token}&folder=${encodeURIComponent(folder)}

Open it, press F1 and run “Lifeline: Run Recovery Drill”. Ctrl+C here ends it.`);
      }
    });
  }
  const exit = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (exitCode, signal) => resolve(signal ?? exitCode));
  });
  if (typeof exit === "number" && exit !== 0) {
    const taken = /EADDRINUSE/.test(output);
    throw new SetUpError(
      `VS Code ended (${exit}):\n${output}`,
      taken ? "another program uses that port: choose one with npm start -- --port N." : "read the output above.",
    );
  }
}
