// The official Claude Code extension and CLI for end-to-end tests, from npm into the cache. Nothing of them enters the tree.
import { access, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { npm, progress, setUpOnce, step, unpackFromNpm } from "./cache.mjs";
import { unzip } from "./unzip.mjs";

const RECIPE = 1;
/** The last line of versions whose npm package carries the VS Code extension. */
export const EXTENSION_VERSION = "1.0.88";
export const CLI_VERSION = "2.1.329";

/**
 * The Claude Code extension, unpacked. Never throws: a test that needs it skips itself with `reason`.
 * @param {{version?: string}} [options]
 * @returns {Promise<{folder: string, version: string, reason: null} | {folder: null, version: string, reason: string}>}
 */
export async function ensureClaudeExtension({ version = EXTENSION_VERSION } = {}) {
  try {
    const { folder } = await setUpOnce(`claude-extension/${version}-r${RECIPE}`, (work) =>
      step(`Claude Code extension ${version}`, async () => {
        const vsix = "package/vendor/claude-code.vsix";
        const unpacked = await unpackFromNpm(`@anthropic-ai/claude-code@${version}`, work, { only: [vsix] });
        await rename(path.join(work, vsix), path.join(work, "claude-code.vsix"));
        await rm(unpacked, { recursive: true });
        await unzip(path.join(work, "claude-code.vsix"), path.join(work, "extension"), { strip: "extension/" });
        const manifest = JSON.parse(await readFile(path.join(work, "extension", "package.json"), "utf8"));
        return { id: `${manifest.publisher}.${manifest.name}`, version: manifest.version };
      }),
    );
    return { folder: path.join(folder, "extension"), version, reason: null };
  } catch (error) {
    return { folder: null, version, reason: unavailable(`the Claude Code extension ${version}`, error) };
  }
}

/**
 * The Claude Code CLI as an executable. Never throws. About 360 MB on disk.
 * @param {{version?: string}} [options]
 * @returns {Promise<{executable: string, version: string, reason: null} | {executable: null, version: string, reason: string}>}
 */
export async function ensureClaudeCli({ version = CLI_VERSION } = {}) {
  try {
    const { folder, stamp } = await setUpOnce(
      `claude-cli/${version}-${process.platform}-${process.arch}-r${RECIPE}`,
      (work) =>
        step(`Claude Code CLI ${version} (about 360 MB)`, async () => {
          await writeFile(path.join(work, "package.json"), '{"private":true}\n');
          const spec = `@anthropic-ai/claude-code@${version}`;
          await npm(["install", "--ignore-scripts", spec], { cwd: work, what: `npm install ${spec}` });
          // With install scripts off, the launcher in bin/ stays a stub; the platform's own package holds the program.
          const candidates = [`claude-code-${process.platform}-${process.arch}/claude`, "claude-code/cli.js"];
          for (const candidate of candidates) {
            const file = path.join("node_modules", "@anthropic-ai", candidate);
            if (
              await access(path.join(work, file)).then(
                () => true,
                () => false,
              )
            )
              return { file };
          }
          throw new Error(`${spec} has no program for ${process.platform}-${process.arch}`);
        }),
    );
    return { executable: path.join(folder, stamp.file), version, reason: null };
  } catch (error) {
    return { executable: null, version, reason: unavailable(`the Claude Code CLI ${version}`, error) };
  }
}

/** @param {string} what @param {unknown} error */
function unavailable(what, error) {
  const reason = `${what} cannot be had: ${error instanceof Error ? error.message : error}`;
  progress(reason);
  return reason;
}
