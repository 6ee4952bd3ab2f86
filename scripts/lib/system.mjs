// Programs the end-to-end tests take from the operating system: found, or installed when we are root on Debian.
import { accessSync, constants } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { cacheDir, lock, SetUpError, step } from "./cache.mjs";
import { run } from "./run.mjs";

/** Where programs live that a user's PATH may lack (`ip` and `unshare` sit in sbin on Debian). */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The full path of a program, or null. @param {...string} names names or full paths; the first one found wins */
export function findProgram(...names) {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), ...SYSTEM_FOLDERS].filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      const file = path.resolve(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {}
    }
  }
  return null;
}

/** The programs that make a namespace. @returns {{bash: string, unshare: string, ip: string}} */
export function namespacePrograms() {
  const bash = findProgram("bash");
  const unshare = findProgram("unshare");
  const ip = findProgram("ip");
  const missing = [!bash && "bash", !unshare && "unshare (package util-linux)", !ip && "ip (package iproute2)"].filter(
    Boolean,
  );
  if (!bash || !unshare || !ip) {
    throw new SetUpError(
      `Not found: ${missing.join(", ")}.`,
      "install it with the system's package manager (Debian: apt-get install bash util-linux iproute2).",
    );
  }
  return { bash, unshare, ip };
}

/**
 * Makes sure Debian packages are installed. As root it installs what is missing; otherwise it says what to type.
 * @param {string[]} packages
 */
export async function ensureAptPackages(packages) {
  const missing = await notInstalled(packages);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (!findProgram("apt-get"))
    throw new SetUpError(
      `Missing: ${missing.join(", ")}, and there is no apt-get here.`,
      "install them (Debian names) with the system's package manager.",
    );
  if (process.getuid?.() !== 0) throw new SetUpError(`Missing: ${missing.join(", ")}.`, `run: sudo ${command}`);
  await mkdir(cacheDir(), { recursive: true });
  const release = await lock(path.join(cacheDir(), "apt.lock"), "Debian packages");
  try {
    const still = await notInstalled(packages);
    if (still.length === 0) return;
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const install = () =>
      run("apt-get", ["-o", "DPkg::Lock::Timeout=120", "install", "-y", "--no-install-recommends", ...still], {
        env,
        what: command,
      });
    await step(`install ${still.join(", ")}`, async () => {
      try {
        await install();
      } catch {
        // The package lists are missing or older than the mirror.
        await run("apt-get", ["update"], { env, what: "apt-get update" });
        await install();
      }
    });
  } catch (cause) {
    throw new SetUpError(/** @type {Error} */ (cause).message, `run \`${command}\` by hand and read what it says.`, {
      cause,
    });
  } finally {
    await release();
  }
}

/**
 * Unpacks Debian packages that are not installed, with what they need and the machine lacks, into a folder. Nothing is installed, so no service
 * starts and nobody needs to be root.
 * @param {string[]} packages @param {string} folder
 */
export async function unpackAptPackages(packages, folder) {
  if (!findProgram("apt-get")) throw new SetUpError("There is no apt-get here.", `install ${packages.join(", ")}.`);
  // Its own archive folder needs none of the machine's locks.
  const options = ["-o", "Debug::NoLocking=1", "-o", `Dir::Cache::archives=${folder}`, "-o", "APT::Sandbox::User="];
  const what = `apt-get install --download-only ${packages.join(" ")}`;
  await run("apt-get", [...options, "install", "-y", "--download-only", "--no-install-recommends", ...packages], {
    what,
  }).catch((cause) => {
    throw new SetUpError(cause.message, "run `sudo apt-get update`, and this again.", { cause });
  });
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".deb")) continue;
    const archive = path.join(folder, name);
    await run("dpkg-deb", ["-x", archive, folder], { what: `unpack ${name}` });
    await rm(archive);
  }
}

/** @param {string[]} packages */
async function notInstalled(packages) {
  const checks = packages.map(async (name) => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholder
    const status = await run("dpkg-query", ["-W", "-f", "${db:Status-Status}", name]).catch(() => "");
    return status === "installed" ? null : name;
  });
  return (await Promise.all(checks)).filter((name) => name !== null);
}

/** A Chromium to show the window in: `$LIFELINE_CHROMIUM`, an installed one, or Debian's. @returns {Promise<string>} its executable */
export async function ensureChromium() {
  const own = process.env.LIFELINE_CHROMIUM;
  if (own) {
    const found = findProgram(own);
    if (found) return found;
    throw new SetUpError(
      `LIFELINE_CHROMIUM names ${own}, which is not there.`,
      "correct it, or unset it to use the system's Chromium.",
    );
  }
  const find = () => findProgram("chromium", "chromium-browser", "google-chrome-stable", "google-chrome");
  const found = find();
  if (found) return found;
  await ensureAptPackages(["chromium"]);
  const installed = find();
  if (installed) return installed;
  throw new SetUpError("Chromium was installed but cannot be found.", "set LIFELINE_CHROMIUM to its executable.");
}
