// A disk that can be made to stall: a file system in user space (FUSE) with one file, whose reads are answered only when it is let.
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, openSync, read, writeSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { findProgram } from "../../../scripts/lib/system.mjs";

const FILE_NAME = "large";
const FILE_BYTES = 2 ** 20;
const FILE_NODE = 2n;

/** From linux/fuse.h. */
const Opcode = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  open: 14,
  read: 15,
  release: 18,
  flush: 25,
  init: 26,
  interrupt: 36,
  batchForget: 42,
};
const PROTOCOL = { major: 7, minor: 31 };
/** Reads go out ahead, and whoever wants the data waits for the page: an uninterruptible wait (state D), as with a disk. */
const ASYNC_READ = 1;
const READAHEAD_BYTES = 128 * 1024;
const ENOENT = 2;
const ENOSYS = 38;
const REQUEST_BYTES_AT_MOST = 2 ** 20 + 4096;

/** Why there can be no slow disk here, or null. @returns {string | null} */
export function noSlowDisk() {
  if (!findProgram("mount")) return "there is no mount program";
  try {
    closeSync(openSync("/dev/fuse", "r+"));
    return null;
  } catch (error) {
    return `/dev/fuse cannot be opened (${/** @type {NodeJS.ErrnoException} */ (error).code})`;
  }
}

export class SlowDisk {
  /** Each stalled read, to be answered. @type {(() => void)[]} */ #stalled = [];
  #stalls = false;

  /** Mounts it. To be called in a mount namespace of one's own. @param {string} folder */
  static async at(folder) {
    await mkdir(folder, { recursive: true });
    const device = openSync("/dev/fuse", "r+");
    const options = "fd=3,rootmode=40000,user_id=0,group_id=0,allow_other";
    const mounted = spawnSync("mount", ["-i", "-t", "fuse", "-o", options, "lifeline-slow-disk", folder], {
      stdio: ["ignore", "ignore", "pipe", device],
    });
    if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr}`);
    const disk = new SlowDisk(folder, device);
    disk.#next();
    return disk;
  }

  /** @param {string} folder @param {number} device */
  constructor(folder, device) {
    this.folder = folder;
    this.device = device;
    this.file = path.join(folder, FILE_NAME);
  }

  /** From now on reads hang. */
  stall() {
    this.#stalls = true;
  }

  /** All reads, also those that hang, are answered. */
  resume() {
    this.#stalls = false;
    for (const answer of this.#stalled.splice(0)) answer();
  }

  /** Whoever still waits gets an error. */
  unmount() {
    this.resume();
    execFileSync("umount", ["-l", this.folder]);
  }

  #next() {
    const buffer = Buffer.alloc(REQUEST_BYTES_AT_MOST);
    read(this.device, buffer, 0, buffer.length, null, (error, length) => {
      // ENODEV: unmounted.
      if (error) return closeSync(this.device);
      this.#answer(buffer.subarray(0, length));
      this.#next();
    });
  }

  /** @param {Buffer} request */
  #answer(request) {
    const opcode = request.readUInt32LE(4);
    const unique = request.readBigUInt64LE(8);
    const node = request.readBigUInt64LE(16);
    const body = request.subarray(40);
    const reply = (/** @type {Buffer} */ content, error = 0) => {
      const header = Buffer.alloc(16);
      header.writeUInt32LE(16 + content.length, 0);
      header.writeInt32LE(-error, 4);
      header.writeBigUInt64LE(unique, 8);
      try {
        writeSync(this.device, Buffer.concat([header, content]));
      } catch {
        // Whoever asked was killed meanwhile.
      }
    };
    switch (opcode) {
      case Opcode.init: {
        const content = Buffer.alloc(64);
        content.writeUInt32LE(PROTOCOL.major, 0);
        content.writeUInt32LE(PROTOCOL.minor, 4);
        content.writeUInt32LE(READAHEAD_BYTES, 8);
        content.writeUInt32LE(ASYNC_READ, 12);
        content.writeUInt32LE(REQUEST_BYTES_AT_MOST - 4096, 20);
        return reply(content);
      }
      case Opcode.lookup: {
        if (body.toString("utf8", 0, body.indexOf(0)) !== FILE_NAME) return reply(Buffer.alloc(0), ENOENT);
        const content = Buffer.alloc(40);
        content.writeBigUInt64LE(FILE_NODE, 0);
        return reply(Buffer.concat([content, attributes(FILE_NODE)]));
      }
      case Opcode.getattr:
        return reply(Buffer.concat([Buffer.alloc(16), attributes(node)]));
      case Opcode.open:
        return reply(Buffer.alloc(16));
      case Opcode.read: {
        const offset = Number(body.readBigUInt64LE(8));
        const length = Math.max(0, Math.min(body.readUInt32LE(16), FILE_BYTES - offset));
        const answer = () => reply(Buffer.alloc(length));
        if (this.#stalls) this.#stalled.push(answer);
        else answer();
        return;
      }
      case Opcode.release:
      case Opcode.flush:
        return reply(Buffer.alloc(0));
      case Opcode.forget:
      case Opcode.batchForget:
      case Opcode.interrupt:
        return;
      default:
        return reply(Buffer.alloc(0), ENOSYS);
    }
  }
}

/** @param {bigint} node the root folder or the file */
function attributes(node) {
  const content = Buffer.alloc(88);
  const isFile = node === FILE_NODE;
  content.writeBigUInt64LE(node, 0);
  content.writeBigUInt64LE(BigInt(isFile ? FILE_BYTES : 0), 8);
  content.writeUInt32LE(isFile ? 0o100444 : 0o40555, 60);
  content.writeUInt32LE(isFile ? 1 : 2, 64);
  return content;
}
