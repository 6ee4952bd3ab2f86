// Reads a zip archive (a .vsix is one) with Node's own inflate: enough for archives without encryption and zip64.
import * as fs from "node:fs/promises";
import path from "node:path";
import { inflateRawSync, crc32 as zlibCrc32 } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * @param {Buffer} zip
 * @returns {{name: string, mode: number, read: () => Buffer}[]} the files, in the archive's order; `mode` is 0 when not recorded
 */
export function zipEntries(zip) {
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error("not a zip archive: it has no end-of-directory record");
  const count = zip.readUInt16LE(end + 10);
  const entries = [];
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error(`zip directory entry ${i} is damaged`);
    const method = zip.readUInt16LE(at + 10);
    const crc = zip.readUInt32LE(at + 16);
    const size = zip.readUInt32LE(at + 20);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const mode = (zip.readUInt32LE(at + 38) >>> 16) & 0o777;
    const header = zip.readUInt32LE(at + 42);
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    at += 46 + nameLength + extraLength + commentLength;
    if (name.endsWith("/")) continue;
    entries.push({
      name,
      mode,
      read() {
        const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
        const raw = zip.subarray(start, start + size);
        if (method !== 0 && method !== 8) throw new Error(`${name}: compression method ${method} is not supported`);
        const content = method === 0 ? raw : inflateRawSync(raw);
        if (zlibCrc32 && zlibCrc32(content) !== crc) throw new Error(`${name}: the checksum is wrong`);
        return content;
      },
    });
  }
  return entries;
}

/** Written at once, as VS Code's installer does: its unpacker's streams have pieces so long. How much of a program is resident later depends on it. */
const WRITE_BYTES = 16 * 1024;

/**
 * @param {string} archive @param {string} folder
 * @param {{strip?: string}} [options] `strip`: unpack only what is below this folder of the archive, without it
 */
export async function unzip(archive, folder, { strip = "" } = {}) {
  const root = path.resolve(folder);
  for (const entry of zipEntries(await fs.readFile(archive))) {
    if (!entry.name.startsWith(strip)) continue;
    const target = path.resolve(root, entry.name.slice(strip.length));
    if (!target.startsWith(root + path.sep))
      throw new Error(`${archive}: ${entry.name} would be written outside ${folder}`);
    await fs.mkdir(path.dirname(target), { recursive: true });
    await writeAsInstalled(target, entry.read(), entry.mode || 0o644);
  }
}

/** Writes a file as VS Code's installer does. @param {string} target @param {Buffer} content @param {number} mode */
export async function writeAsInstalled(target, content, mode) {
  const file = await fs.open(target, "w", mode);
  try {
    for (let at = 0; at < content.length; at += WRITE_BYTES)
      await file.appendFile(content.subarray(at, at + WRITE_BYTES));
  } finally {
    await file.close();
  }
}
