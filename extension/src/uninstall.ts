// Run by VS Code once the extension is uninstalled, before its folder goes, for 5 s at most: Claude Code must not be led to a relay that goes with it.
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { daemonBinary, daemonEnvironment } from "./pure/binary";

/** VS Code ends us after 5 s. */
const WITHIN_MS = 4000;

const { platform, env } = process;
const facts = { extensionPath: dirname(__dirname), platform, configured: "", trusted: false };
// When it was never on, or is off, this changes nothing.
const { status, error } = spawnSync(daemonBinary(facts).path, ["relay", "off", "--yes"], {
  env: daemonEnvironment(env),
  stdio: ["ignore", "ignore", "inherit"],
  timeout: WITHIN_MS,
  killSignal: "SIGKILL",
  windowsHide: true,
});
// It goes into VS Code's log. What is not there cannot have left anything behind.
if (error && "code" in error && error.code !== "ENOENT") process.stderr.write(`${error.message}\n`);
process.exitCode = status ?? 0;
