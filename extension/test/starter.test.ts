// Running the daemon's program: how it is called, what it inherits, and each way to fail.
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StartError, type StartFailure } from "../src/pure/start-failure";
import { startDaemon } from "../src/wire/starter";

const standIn = join(__dirname, "fixtures", "lifeline-stand-in.sh");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ll-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = (more: Record<string, string> = {}): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  LIFELINE_TEST_FOLDER: folder,
  ...more,
});

async function failure(start: Promise<void>): Promise<StartFailure> {
  try {
    await start;
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    return (error as StartError).failure;
  }
  throw new Error("it did not fail");
}

test("serve --detach, or with --replace; resolves when the program says that the daemon is up", async () => {
  writeFileSync(join(folder, "ready"), "");
  const binary = { path: standIn, bundled: true };
  await startDaemon(binary, env(), false);
  await startDaemon(binary, env(), true);
  expect(readFileSync(join(folder, "calls"), "utf8")).toBe("serve --detach\nserve --detach --replace\n");
});

test("the daemon gets the given environment and nothing of ours", async () => {
  writeFileSync(join(folder, "ready"), "");
  process.env["LIFELINE_TEST_SECRET"] = "x";
  await startDaemon({ path: standIn, bundled: true }, env(), false);
  delete process.env["LIFELINE_TEST_SECRET"];
  expect(readFileSync(join(folder, "env"), "utf8")).not.toContain("SECRET");
});

test("missing", async () => {
  const path = join(folder, "nothing");
  const start = startDaemon({ path, bundled: false }, env(), false);
  expect(await failure(start)).toEqual({ kind: "missing", path, bundled: false });
});

test("not executable: the user's program is left alone, our own is repaired", async () => {
  const path = join(folder, "lifeline");
  copyFileSync(standIn, path);
  chmodSync(path, 0o644);
  writeFileSync(join(folder, "ready"), "");
  const start = startDaemon({ path, bundled: false }, env(), false);
  expect(await failure(start)).toEqual({ kind: "notExecutable", path, bundled: false });
  expect(statSync(path).mode & 0o111).toBe(0);
  await startDaemon({ path, bundled: true }, env(), false);
  expect(statSync(path).mode & 0o111).not.toBe(0);
});

test("a folder is not a program", async () => {
  const start = startDaemon({ path: folder, bundled: true }, env(), false);
  expect(await failure(start)).toMatchObject({ kind: "notExecutable" });
});

test("a file that is no program at all", async () => {
  const path = join(folder, "lifeline");
  writeFileSync(path, "\u0000\u0001", { mode: 0o755 });
  expect(await failure(startDaemon({ path, bundled: true }, env(), false))).toMatchObject({ kind: "failed", path });
});

test("its own words are passed on", async () => {
  const start = startDaemon({ path: standIn, bundled: true }, env({ LIFELINE_TEST_FAIL: "4" }), false);
  expect(await failure(start)).toEqual({
    kind: "failed",
    path: standIn,
    exit: "code 4",
    stderr: "the state folder cannot be written",
  });
});

test("one that never gets ready is given up", async () => {
  const start = startDaemon({ path: standIn, bundled: true }, env({ LIFELINE_TEST_SLOW: "1" }), false, 300);
  expect(await failure(start)).toEqual({ kind: "slow", path: standIn, afterMs: 300 });
});
