// The connection report: what is asked of the program, what is understood of it, and each way to end.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { plain } from "../src/pure/format";
import { ProgramError, programFailureSentence } from "../src/pure/program";
import {
  formatOfName,
  type Progress,
  percentOf,
  ReportStderr,
  readSpan,
  reportArguments,
  reportFileName,
  reportTitle,
  SPAN_CHOICES,
  spanOf,
  spanWords,
} from "../src/pure/report";
import { StartError } from "../src/pure/start-failure";
import { type ReportRun, runReport } from "../src/wire/reporter";

const NOON = Date.UTC(2026, 3, 16, 12);

describe("what is asked for", () => {
  test("everything has no bound; the others begin so many hours ago, and stay there", () => {
    expect(SPAN_CHOICES.map((choice) => spanOf(choice, NOON).since)).toEqual([
      undefined,
      "2026-04-15T12:00:00.000Z",
      "2026-04-09T12:00:00.000Z",
      "2026-03-17T12:00:00.000Z",
    ]);
    expect(new Set(SPAN_CHOICES.map((choice) => spanWords(choice, plain))).size).toBe(4);
  });
  test("arguments", () => {
    const common = ["--progress", "json"];
    expect(reportArguments(spanOf("everything", NOON), "html")).toEqual(["report", "--format", "html", ...common]);
    expect(reportArguments(spanOf("day", NOON), "markdown")).toEqual([
      ...["report", "--format", "markdown", ...common],
      ...["--since", "2026-04-15T12:00:00.000Z"],
    ]);
  });
  test("titles", () => {
    expect(reportTitle(spanOf("everything", NOON), plain)).toBe("Connection Report");
    expect(reportTitle(spanOf("week", NOON), plain)).toBe("Connection Report: Last 7 Days");
  });
  test("a span that was kept is the same span", () => {
    for (const choice of SPAN_CHOICES) {
      const span = spanOf(choice, NOON);
      expect(readSpan(JSON.parse(JSON.stringify(span)))).toEqual(span);
    }
  });
  test.each([
    undefined,
    null,
    "week",
    {},
    { choice: "year", since: "2026-04-15T12:00:00.000Z" },
    { choice: "week" },
    { choice: "week", since: "--no-redact" },
    { choice: "week", since: ["2026-04-15T12:00:00.000Z"] },
  ])("what is no span of ours is everything: %j", (kept) => {
    expect(readSpan(kept)).toEqual({ choice: "everything", since: undefined });
  });
});

describe("files", () => {
  test.each([
    ["/a/report.html", "html"],
    ["/a/REPORT.HTM", "html"],
    ["/a.json/b.md", "markdown"],
    ["c:\\x\\b.markdown", "markdown"],
    ["x.y.json", "json"],
    ["/a/report", undefined],
    ["/a.md/report", undefined],
    ["/a/report.txt", undefined],
    ["/a/report.", undefined],
    ["", undefined],
  ])("%s → %s", (name, format) => {
    expect(formatOfName(name)).toBe(format);
  });
  test("a new one is named by its day, and its name says what it is", () => {
    expect(reportFileName(NOON)).toBe("connection-report-2026-04-16.html");
    expect(formatOfName(reportFileName(NOON))).toBe("html");
  });
});

describe("progress", () => {
  const said = '{"read":1,"all":3}\nno home ü\n{"read":2,"all":3}\n{"read":3,"all":3}\nthe end';

  test("pieces may begin and end anywhere", () => {
    for (let first = 0; first <= said.length; first++) {
      for (let second = first; second <= said.length; second += 7) {
        const stderr = new ReportStderr();
        const pieces = [said.slice(0, first), said.slice(first, second), said.slice(second)];
        const heard = pieces.map((piece) => stderr.push(piece)).filter((progress) => progress !== undefined);
        expect(heard.at(-1)).toEqual({ read: 3, all: 3 });
        expect(stderr.words()).toBe("no home ü\nthe end");
      }
    }
  });
  test("of one piece only the newest counts", () => {
    expect(new ReportStderr().push('{"read":1,"all":3}\n{"read":2,"all":3}\n{"read":3')).toEqual({ read: 2, all: 3 });
  });
  test.each([
    '{"read":4,"all":3}',
    '{"read":-1,"all":3}',
    '{"read":"1","all":3}',
    '{"read":1.5,"all":3}',
    '{"read":1e400,"all":1e400}',
    '{"read":1}',
    "[1,3]",
    "null",
    "17",
  ])("%s is no progress, and is told to people", (line) => {
    const stderr = new ReportStderr();
    expect(stderr.push(`${line}\n`)).toBeUndefined();
    expect(stderr.words()).toBe(line);
  });
  test("a line without an end and lines without number are bounded, and what follows is still understood", () => {
    const stderr = new ReportStderr();
    for (let piece = 0; piece < 1000; piece++) expect(stderr.push("x".repeat(10_000))).toBeUndefined();
    expect(JSON.stringify(stderr).length).toBeLessThan(20_000);
    for (let line = 0; line < 1000; line++) stderr.push(`${"y".repeat(100)}\n`);
    expect(stderr.push('{"read":1,"all":3}\n')).toEqual({ read: 1, all: 3 });
    expect(stderr.words().length).toBeLessThanOrEqual(2000);
  });
  test("percent", () => {
    expect(percentOf({ read: 312e6, all: 1.248e9 })).toBe(25);
    expect(percentOf({ read: 0, all: 0 })).toBe(100);
  });
});

describe("the program", () => {
  const standIn = join(__dirname, "fixtures", "report-stand-in.sh");
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ll-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(what: string, more: Partial<ReportRun> = {}): Promise<string | undefined> {
    return runReport({
      binary: { path: standIn, bundled: true },
      env: { PATH: process.env["PATH"] ?? "", LIFELINE_TEST_FOLDER: folder, LIFELINE_TEST_DO: what },
      args: ["report", "--since", "$(touch x); y"],
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...more,
    });
  }
  const noted = (name: string): string => readFileSync(join(folder, name), "utf8");
  async function failure(running: Promise<unknown>): Promise<unknown> {
    return running.then(
      () => expect.unreachable("it did not fail"),
      (error: unknown) => error,
    );
  }

  test("what it printed is the report; it says how far it is; no shell, no environment of ours", async () => {
    process.env["LIFELINE_TEST_SECRET"] = "x";
    const heard: Progress[] = [];
    expect(await run("", { onProgress: (progress) => heard.push(progress) })).toBe("<p>ü</p>");
    delete process.env["LIFELINE_TEST_SECRET"];
    expect(heard.at(-1)).toEqual({ read: 3e6, all: 3e6 });
    expect(noted("calls")).toBe("report --since $(touch x); y\n");
    expect(noted("env")).not.toContain("SECRET");
  });

  test("cancelling ends this child and no other", async () => {
    const kept = mkdtempSync(join(folder, "kept-"));
    const env = { PATH: process.env["PATH"] ?? "", LIFELINE_TEST_FOLDER: kept, LIFELINE_TEST_DO: "wait" };
    const cancel = new AbortController();
    const other = run("wait", { env });
    expect(await run("wait", { signal: cancel.signal, onProgress: () => cancel.abort() })).toBeUndefined();
    writeFileSync(join(kept, "ready"), "");
    expect(await other).toBe("<p>ü</p>");
  });

  test("cancelled before it began, it is not started", async () => {
    const cancel = new AbortController();
    cancel.abort();
    expect(await run("", { signal: cancel.signal })).toBeUndefined();
    expect(() => noted("calls")).toThrow();
  });

  test("its own words are passed on, without the progress", async () => {
    const error = await failure(run("fail"));
    expect(error).toMatchObject({ exit: "code 1" });
    expect(programFailureSentence(error, plain)).toBe(
      "Lifeline: It is not known where the transcripts are. Name their folder with --projects.",
    );
  });

  test("one that prints without an end is ended", async () => {
    const error = await failure(run("flood", { bytesAtMost: 1_000_000 }));
    expect(error).toBeInstanceOf(ProgramError);
    expect(programFailureSentence(error, plain)).toMatch(/did not finish \(more than 1000000 bytes\).*Try again/);
  });

  test("one that was ended by somebody says so", async () => {
    const error = await failure(
      run("wait", { onProgress: () => process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), "SIGKILL") }),
    );
    expect(programFailureSentence(error, plain)).toMatch(/signal SIGKILL/);
  });

  test("one that is missing, or no program, with the next step", async () => {
    const missing = await failure(run("", { binary: { path: join(folder, "nothing"), bundled: true } }));
    expect(missing).toBeInstanceOf(StartError);
    expect(programFailureSentence(missing, plain)).toMatch(/Install the Lifeline extension again/);
    const path = join(folder, "lifeline");
    writeFileSync(path, "#!/nonexistent\n", { mode: 0o755 });
    const broken = await failure(run("", { binary: { path, bundled: false } }));
    expect(programFailureSentence(broken, plain)).toMatch(/cannot be run .*Install/);
  });
});
