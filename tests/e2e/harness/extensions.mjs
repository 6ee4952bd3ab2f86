// Puts unpacked extensions where the VS Code server finds them.
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { unzip } from "../../../scripts/lib/unzip.mjs";

export const FAULT_EXTENSION = fileURLToPath(new URL("fault-extension", import.meta.url));

/**
 * Installs extensions as `publisher.name-version/`, and lists them in `extensions.json`: once that file exists, VS Code
 * believes the list and no longer looks at the folders.
 * @param {string} extensionsDir
 * @param {(string | {folder: string, link: boolean})[]} sources extension folders or .vsix files; `link`: do not copy, so that the extension's
 *   `extensionPath` is a link into the source
 * @returns {Promise<{id: string, version: string, folder: string}[]>}
 */
export async function installExtensions(extensionsDir, sources) {
  await mkdir(extensionsDir, { recursive: true });
  const list = path.join(extensionsDir, "extensions.json");
  /** @type {any[]} */
  let entries = await readFile(list, "utf8").then(JSON.parse, () => []);
  const installed = [];
  for (const source of sources) {
    const { folder: from, link } = typeof source === "string" ? { folder: source, link: false } : source;
    const staged = await mkdtemp(path.join(extensionsDir, ".staged-"));
    const content = path.join(staged, "extension");
    if (from.endsWith(".vsix")) await unzip(from, content, { strip: "extension/" });
    else if (link) await symlink(path.resolve(from), content);
    else await cp(from, content, { recursive: true });
    const manifest = JSON.parse(await readFile(path.join(content, "package.json"), "utf8"));
    const id = `${manifest.publisher}.${manifest.name}`.toLowerCase();
    const folder = path.join(extensionsDir, `${id}-${manifest.version}`);
    await rm(folder, { recursive: true, force: true });
    await rename(content, folder);
    await rm(staged, { recursive: true });
    entries = entries.filter((entry) => entry.identifier.id.toLowerCase() !== id);
    entries.push({
      identifier: { id },
      version: manifest.version,
      location: { $mid: 1, path: folder, scheme: "file" },
      relativeLocation: path.basename(folder),
      metadata: { installedTimestamp: Date.now(), source: "vsix", pinned: true },
    });
    installed.push({ id, version: manifest.version, folder });
  }
  await writeFile(list, JSON.stringify(entries));
  return installed;
}
