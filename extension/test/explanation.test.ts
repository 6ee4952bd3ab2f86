// An error explained: what looks like one, what is asked and believed of the program, and the document.
import { describe, expect, test } from "vitest";
import {
  explainArguments,
  explanationDocument,
  explanationTitle,
  looksLikeError,
  oneLine,
  readExplanation,
  textOfArgument,
} from "../src/pure/explanation";
import { plain } from "../src/pure/format";
import { entry, explanation } from "./support/doctor";

const read = (change: Record<string, unknown> = {}) => {
  const known = readExplanation(explanation(change));
  if (!known) throw new Error("it is not read");
  return known;
};

describe("what looks like an error", () => {
  test.each([
    "API Error: Connection error.",
    "API Error (Request timed out.)",
    "connect ECONNREFUSED 127.0.0.1:443",
    "read econnreset: socket error",
    "getaddrinfo EAI_AGAIN api.example.org",
    "  ⎿  \u001b[31mConnection lost mid-response\u001b[39m",
    "HTTP/1.1 529 overloaded",
    "status 413",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "Extension host terminated unexpectedly 3 times",
    "process exited with code 137",
    "TypeError: x is not a function\n    at y (z.js:1:2)",
    "unable to verify the first certificate: certificate error",
  ])("%j does", (text) => expect(looksLikeError(text)).toBe(true));
  test.each([
    "",
    "err",
    "every ENGLISH word with an E",
    "https://example.org/page",
    "const terrors = 7;",
    "npm run build",
    "529 Main Street",
    `error ${"x".repeat(20_000)}`,
  ])("%j does not", (text) => expect(looksLikeError(text)).toBe(false));
  test("in one line, for an input", () => {
    expect(oneLine("\u001b[31;1mAPI Error:\u001b[0m\n\t connection\r\nlost ")).toBe("API Error: connection lost");
    expect(oneLine("x".repeat(1_000_000)).length).toBeLessThan(2010);
  });
});

describe("what is asked", () => {
  test("the text is never an argument", () => {
    expect(explainArguments("")).toEqual(["explain", "--format", "json"]);
    expect(explainArguments("--help $(x)")).toEqual(["explain", "--format", "json", "-"]);
  });
  test("a command may be called with a text; an empty one means the last error", () => {
    expect(textOfArgument({ text: "EPIPE" })).toBe("EPIPE");
    expect(textOfArgument({ text: "" })).toBe("");
    expect(textOfArgument({ text: "x".repeat(3_000_000) })?.length).toBe(1_000_000);
    for (const other of [undefined, null, "EPIPE", 7, {}, { text: 7 }]) expect(textOfArgument(other)).toBeUndefined();
  });
});

describe("what is believed", () => {
  test("all of an answer", () => {
    expect(read()).toEqual({
      entry: {
        title: "The connection was reset",
        meaning: "Somebody on the way has closed it.",
        tokens: "possible",
        tokensBecause: "The answer had begun.",
        whatToDo: ["Say “continue”.", "Compact the session."],
        sources: ["https://example.org/a_b", "a measurement"],
      },
      also: ["The network"],
      here: ["3 resets in the last hour, all in one session of 9.1 MB: compact it."],
      next: [],
    });
    expect(read({ known: false, entry: null, next: ["Make a report."] })).toMatchObject({
      entry: undefined,
      next: ["Make a report."],
    });
  });
  test.each([
    "",
    "null",
    "[]",
    "{}",
    explanation({ schema: "lifeline.explain/2" }),
    explanation({ known: "yes" }),
    explanation({ entry: null }),
    explanation({ entry: entry({ title: 7 }) }),
    `${explanation()}x`,
  ])("%s is none", (text) => expect(readExplanation(text)).toBeUndefined());
  test("what is of another type is left out, and a flood is cut", () => {
    expect(read({ also: [7, null, { title: 7 }, "x"], here: "x", next: [1, "a"] })).toMatchObject({
      also: [],
      here: [],
      next: ["a"],
    });
    expect(read({ entry: entry({ tokens: "many" }) }).entry?.tokens).toBeUndefined();
    const long = "x".repeat(100_000);
    const flood = { here: Array(100).fill(long), entry: entry({ meaning: long, whatToDo: Array(100).fill(long) }) };
    expect(JSON.stringify(read(flood)).length).toBeLessThan(100_000);
  });
});

describe("the document", () => {
  test("what holds here stands first and bold, then meaning, tokens, what to do, sources", () => {
    expect(explanationDocument(read(), "read ECONNRESET", plain)).toBe(`# The connection was reset

> read ECONNRESET

**3 resets in the last hour, all in one session of 9.1 MB: compact it.**

Somebody on the way has closed it.

## Did it cost tokens?

That is possible. The answer had begun.

## What to do

1. Say “continue”.
2. Compact the session.

## It may also be

- The network

## Sources

- [https://example.org/a\\_b](<https://example.org/a_b>)
- a measurement
`);
  });
  test("an error that is not known says so, with the next step", () => {
    const unknown = read({ known: false, entry: null, here: [], also: [], next: ["Make a report."] });
    expect(explanationTitle(unknown, plain)).toBe("An error that Lifeline does not know");
    expect(explanationDocument(unknown, "", plain)).toBe(
      "# An error that Lifeline does not know\n\n## What to do\n\n1. Make a report.\n",
    );
  });
  test.each(["no", "unlikely", "possible", "likely"])("tokens: %s", (tokens) => {
    const document = explanationDocument(read({ entry: entry({ tokens, tokensBecause: null }) }), "", plain);
    expect(document).toMatch(/## Did it cost tokens\?\n\n(No|That is [a-z]+)\.\n/);
  });
  test("the last error of the transcripts is quoted by nobody; a long one is quoted in part", () => {
    expect(explanationDocument(read(), "", plain)).not.toContain("> ");
    expect(explanationDocument(read(), "x".repeat(1_000_000), plain).length).toBeLessThan(2000);
  });
  test("hostile texts are escaped, and a source that is no web address is no link", () => {
    const bad = "a\n# [x](command:y) **b** <img src=z> `c`";
    const hostile = {
      entry: entry({ title: bad, meaning: bad, tokensBecause: bad, whatToDo: [bad], sources: [bad, "command:evil"] }),
      also: [{ title: bad }],
      here: [bad],
    };
    const document = explanationDocument(read(hostile), `\u001b[31m${bad}`, plain);
    expect(document).not.toMatch(/[^\\]\]\(<?command:|<img|[^\\]`c|[^\\]\*\*b/);
    expect(document).not.toContain("\u001b");
    expect(document.match(/^#+ .*/gm)).toEqual([
      expect.stringMatching(/^# a \\#/),
      "## Did it cost tokens?",
      "## What to do",
      "## It may also be",
      "## Sources",
    ]);
    const address = explanationDocument(
      read({ entry: entry({ sources: ["https://e.org/)|<>`](command:x)"] }) }),
      "",
      plain,
    );
    expect(address).not.toMatch(/[^\\]\]\(<?command:/);
  });
});
