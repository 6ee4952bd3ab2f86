// Runs a test file inside its own network and process namespace, with its own HOME: nothing it starts can reach, see or outlive anything else.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDir, SetUpError } from "../../../scripts/lib/cache.mjs";
import { namespacePrograms } from "../../../scripts/lib/system.mjs";
import { secretsWritten } from "./secrets.mjs";

/** Set inside, to the JSON of what the test gets. */
const INSIDE = "LIFELINE_E2E_NAMESPACE";
/** The shell's own exit code when the namespace could not be prepared. */
const BROKEN_NAMESPACE = 97;

/**
 * PID 1 of the namespace. Bash reaps the orphans it adopts; when it ends, the kernel kills everything left in the namespace.
 * Fd 3 is a pipe from outside: when it closes, the outer process is gone, and so must be everything here. Who waits for that must outlive a
 * signal to the whole process group (Ctrl+C, timeout): Playwright catches it and does not end the test.
 */
const INIT = `
"$1" link set lo up || exit ${BROKEN_NAMESPACE}
shift
"$@" 3<&- &
child=$!
( trap '' TERM INT HUP; read -r -u 3 _; kill -KILL -1 ) >/dev/null 2>&1 &
exec 3<&-
trap 'kill -TERM "$child"' TERM INT HUP
while :; do
  wait "$child"; code=$?
  kill -0 "$child" 2>/dev/null || break
done
exit "$code"
`;

/** What survives of the caller's environment. Everything else could leak the real user's world into the test. */
const KEPT =
  /^(PATH|LANG|LC_.*|TERM|TZ|CI|FORCE_COLOR|NO_COLOR|NODE_TEST_CONTEXT|NODE_V8_COVERAGE|RUST_BACKTRACE|RUST_LOG|LIFELINE_(CACHE_DIR|VSCODE|CHROMIUM|QUIET|E2E_.*))$/;

/**
 * @template Prepared
 * @typedef {object} Inside
 * @property {string} root a short temporary folder that is removed afterwards
 * @property {string} home HOME; `$HOME/.claude` is below it
 * @property {string} runtimeDir XDG_RUNTIME_DIR
 * @property {string} stateDir XDG_STATE_HOME
 * @property {Prepared} prepared what `prepare` returned
 */

/**
 * To be awaited at the top of a test file, before any test is declared. Outside, it runs `prepare`, runs the same file again
 * inside the namespace and exits with its result; inside, it returns.
 * @template Prepared
 * @param {string} file `import.meta.url` of the test file
 * @param {{prepare?: () => Promise<Prepared>, keep?: boolean}} [options] `prepare` runs outside, where there is a network; its
 *   result must survive JSON. `keep`: leave the temporary folder (also `LIFELINE_E2E_KEEP=1`)
 * @returns {Promise<Inside<Prepared>>}
 */
export async function enterNamespace(file, { prepare, keep = process.env.LIFELINE_E2E_KEEP === "1" } = {}) {
  const inside = process.env[INSIDE];
  if (inside) {
    delete process.env[INSIDE];
    return JSON.parse(inside);
  }
  try {
    process.exit(await runInside(file, prepare, keep));
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** @param {string} file @param {(() => Promise<unknown>) | undefined} prepare @param {boolean} keep */
async function runInside(file, prepare, keep) {
  const { bash, unshare, ip } = namespacePrograms();
  const prepared = prepare ? await prepare() : undefined;
  // Short, because a Unix socket's path may have 108 bytes at most.
  const root = await mkdtemp(path.join(os.tmpdir(), "ll-"));
  const folders = { home: `${root}/home`, runtimeDir: `${root}/run`, stateDir: `${root}/state`, tmp: `${root}/tmp` };
  for (const folder of Object.values(folders)) await mkdir(folder, { mode: 0o700 });
  /** @type {NodeJS.ProcessEnv} */
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => KEPT.test(name))),
    HOME: folders.home,
    USER: "lifeline-test",
    LOGNAME: "lifeline-test",
    SHELL: bash,
    TMPDIR: folders.tmp,
    XDG_RUNTIME_DIR: folders.runtimeDir,
    XDG_STATE_HOME: folders.stateDir,
    XDG_CACHE_HOME: `${folders.home}/.cache`,
    XDG_CONFIG_HOME: `${folders.home}/.config`,
    XDG_DATA_HOME: `${folders.home}/.local/share`,
    LIFELINE_CACHE_DIR: cacheDir(),
    LIFELINE_E2E_ARTIFACTS:
      process.env.LIFELINE_E2E_ARTIFACTS ?? fileURLToPath(new URL("../../artifacts", import.meta.url)),
    [INSIDE]: JSON.stringify({
      root,
      home: folders.home,
      runtimeDir: folders.runtimeDir,
      stateDir: folders.stateDir,
      prepared,
    }),
  };
  const asUser = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const isolate = [...asUser, "--net", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"];
  const program = [process.execPath, ...process.execArgv, fileURLToPath(file), ...process.argv.slice(2)];
  try {
    const child = spawn(unshare, [...isolate, bash, "-c", INIT, "init", ip, ...program], {
      env,
      stdio: ["ignore", "inherit", "inherit", "pipe"],
    });
    const relay = () => child.stdio[3]?.destroy();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, relay);
    const started = performance.now();
    const code = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (exitCode, signal) => resolve(exitCode ?? (signal ? 1 : 0)));
    });
    // `unshare` itself says why on stderr; it needs only an instant to fail.
    if (code === BROKEN_NAMESPACE || (code === 1 && asUser.length > 0 && performance.now() - started < 100)) {
      throw new SetUpError(
        "No namespace of our own could be made, and without one the tests could touch other programs, so they do not run.",
        asUser.length > 0
          ? "run them as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1; on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0)."
          : "run them where namespaces are allowed (in a container: with the capability CAP_SYS_ADMIN).",
      );
    }
    const { looked, found } = await secretsWritten(root);
    for (const line of found) process.stderr.write(`Lifeline wrote what is nobody's business: ${line}\n`);
    if (process.env.LIFELINE_E2E_LOOKED)
      process.stderr.write(`${looked.length} files of Lifeline's were looked through\n`);
    return found.length > 0 ? code || 1 : code;
  } finally {
    if (keep) process.stderr.write(`kept: ${root}\n`);
    else await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}
