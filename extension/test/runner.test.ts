// Commands of our own program: what they are told, how they may end, and what is said when they bring nothing.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { plain } from "../src/pure/format";
import { ProgramError, programFailureSentence, Words } from "../src/pure/program";
import { StartError } from "../src/pure/start-failure";
import { type ProgramRun, runProgram } from "../src/wire/runner";

const standIn = join(__dirname, "fixtures", "program-stand-in.sh");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ll-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(more: Partial<ProgramRun> = {}, env: Record<string, string> = {}) {
  return runProgram({
    binary: { path: standIn, bundled: true },
    env: { PATH: process.env["PATH"] ?? "", LIFELINE_TEST_FOLDER: folder, ...env },
    args: ["explain", "-"],
    signal: new AbortController().signal,
    bytesAtMost: 1000,
    ...more,
  });
}
const noted = (name: string): string => readFileSync(join(folder, name), "utf8");
const failure = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => error,
  );

test("a user's text goes through stdin, whole, and never onto the command line", async () => {
  const stdin = `$(touch x); "ü" ${"long ".repeat(100_000)}`;
  expect(await run({ stdin })).toEqual({ code: 0, text: '{"a":"ü"}' });
  expect(noted("stdin")).toBe(stdin);
  expect(noted("calls")).toBe("explain -\n");
});

test("without a text stdin is empty, not this host's", async () => {
  expect(await run()).toMatchObject({ code: 0 });
  expect(noted("stdin")).toBe("");
});

test("one that does not read what it is told has still answered", async () => {
  const stdin = "x".repeat(10_000_000);
  expect(await run({ stdin }, { LIFELINE_TEST_DO: "deaf" })).toMatchObject({ code: 0 });
});

test("an exit code that is an answer comes with it; another is none", async () => {
  expect(await run({ accepts: [0, 1] }, { LIFELINE_TEST_EXIT: "1" })).toEqual({ code: 1, text: '{"a":"ü"}' });
  const none = await failure(run({}, { LIFELINE_TEST_EXIT: "1" }));
  expect(none).toMatchObject({ command: "explain", exit: "code 1", words: "" });
  expect(programFailureSentence(none, plain)).toMatch(/did not finish \(code 1\).*Try again/);
  const refused = await failure(run({ accepts: [0, 1] }, { LIFELINE_TEST_EXIT: "4" }));
  expect(refused).toBeInstanceOf(ProgramError);
  expect(programFailureSentence(refused, plain)).toBe("Lifeline: It is not there any more.");
});

test("what the program says cannot run a command in a message", () => {
  const error = new ProgramError("doctor", "code 2", "see [this](command:evil)");
  expect(programFailureSentence(error, plain)).not.toContain("](command:");
});

test("a program of the setting that is missing is told apart from our own", async () => {
  const missing = await failure(run({ binary: { path: join(folder, "nothing"), bundled: false } }));
  expect(missing).toBeInstanceOf(StartError);
  expect(programFailureSentence(missing, plain)).toMatch(/lifeline\.server\.path/);
});

test("words without an end are kept in part", () => {
  const words = new Words();
  for (let piece = 0; piece < 1000; piece++) words.push("x".repeat(10_000));
  expect(words.words().length).toBe(2000);
});
