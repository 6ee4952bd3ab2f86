// The code that froze a host: how it is named, what is believed of it, and who did it how often.
import { describe, expect, test } from "vitest";
import type { Incident } from "../src/generated/protocol";
import {
  blockedByClause,
  bugsAddress,
  culpritName,
  culpritOf,
  extensionOf,
  issueDraft,
  placeOf,
} from "../src/pure/culprit";
import { culpritRecords, culpritsDocument } from "../src/pure/culprits";
import { plain } from "../src/pure/format";
import { incidentSentence } from "../src/pure/sentences";
import { subjectOfIncident } from "../src/pure/surroundings";
import { culprit, incident, surroundings } from "./support/samples";

const here = surroundings();
const sentence = (change: Parameters<typeof incident>[0]): string => incidentSentence(incident(change), here, plain);
const nobody = { extensionId: null, version: null, displayName: null, bugsUrl: null, timesThisWeek: 0 };

describe("in a sentence", () => {
  test("the extension, its version, function, file and line, and how often", () => {
    expect(sentence({ culprit: culprit(), verdict: "spinning", actedAfterMs: 20_000, endedAfterMs: 21_400 })).toBe(
      "Lifeline: `acme.linter` 1.4.2 blocked the extension host in `scanAll`, main.js:812. The host was frozen for 20 s (busy loop: the main thread computed without an end) and was restarted in 1.4 s; 12 tabs, 2 unsaved files and 3 terminals are preserved. `acme.linter` froze this window 3 times this week.",
    );
  });
  test("the first time is not counted aloud", () => {
    expect(sentence({ culprit: culprit({ timesThisWeek: 1 }) })).toMatch(/are preserved\.$/);
  });
  test("in another window", () => {
    const text = sentence({ culprit: culprit(), windowId: "w2", label: "website" });
    expect(text).toMatch(/blocked the extension host of “website” in `scanAll`/);
    expect(text).toMatch(/`acme\.linter` froze “website” 3 times this week\.$/);
  });
  test("no extension", () => {
    for (const file of ["node:internal/timers", "/x/out/vs/workbench/api/node/extensionHostProcess.js", ""]) {
      expect(sentence({ culprit: culprit({ ...nobody, file }) })).toContain(
        "Lifeline: VS Code's own code blocked the extension host in `scanAll`",
      );
    }
    expect(sentence({ culprit: culprit({ ...nobody, file: "/home/ada/scripts/run.js" }) })).toContain(
      "Lifeline: code outside every extension blocked the extension host in `scanAll`, run.js:812.",
    );
  });
  test("a drill is nobody's fault", () => {
    const drill = incident({ cause: "drill", culprit: culprit({ extensionId: "lifeline-dev.lifeline" }) });
    expect(culpritOf(drill)).toBeUndefined();
    expect(incidentSentence(drill, here, plain)).not.toMatch(/blocked|lifeline-dev/);
    expect(blockedByClause(drill, subjectOfIncident(drill, here), plain)).toBe("");
  });
  test("nobody is named: the old words", () => {
    expect(sentence({})).toMatch(/was frozen for 15 s/);
    // Without a place there is nothing that it was blocked in.
    expect(sentence({ culprit: culprit({ function: "", file: "" }) })).toMatch(/was frozen for 15 s/);
  });
  test.each([
    ["cameBack", null],
    ["notVerified", null],
    ["refused", "refusedBudget"],
    ["refused", "refusedUnsaved"],
    ["refused", "refusedCannotSave"],
    ["refused", "refusedIdentity"],
    ["refused", "ask"],
    ["refused", "observed"],
    ["refused", "whatever"],
  ] as const)("%s %s says it at its end", (outcome, reason) => {
    expect(sentence({ outcome, reason, culprit: culprit() })).toMatch(
      / It was blocked by `acme\.linter` 1\.4\.2 in `scanAll`, main\.js:812\. `acme\.linter` froze this window 3 times this week\.$/,
    );
    expect(sentence({ outcome, reason, culprit: culprit({ function: "", file: "", timesThisWeek: 1 }) })).toMatch(
      / It was blocked by `acme\.linter` 1\.4\.2\.$/,
    );
    expect(sentence({ outcome, reason })).not.toContain("blocked by");
  });
});

describe("what is believed", () => {
  test("an identifier is one that VS Code knows", () => {
    for (const id of ["acme.linter", "Acme-2.Linter-x", "undefined_publisher.x"]) {
      expect(extensionOf(culprit({ extensionId: id }))).toBe(id);
    }
    for (const id of [
      null,
      "",
      "linter",
      "a.b.c",
      "a.b c",
      "a.b\n",
      "-a.b",
      "a.b](command:x)",
      `a.${"b".repeat(200)}`,
    ]) {
      expect(extensionOf(culprit({ extensionId: id }))).toBeUndefined();
    }
  });
  test("an address is a web address without a name in it", () => {
    expect(bugsAddress(culprit())).toBe("https://example.org/acme/linter/issues");
    expect(bugsAddress(culprit({ bugsUrl: "HTTP://example.org" }))).toBe("http://example.org/");
    for (const bugsUrl of [
      null,
      "",
      "example.org",
      "command:evil",
      "javascript:alert(1)",
      "file:///etc/passwd",
      "vscode://x/y",
      "https://u:p@example.org/",
      "https://u@example.org/",
      `https://example.org/${"x".repeat(2000)}`,
    ]) {
      expect(bugsAddress(culprit({ bugsUrl }))).toBeUndefined();
    }
  });
  test("names are short, on one line, and hold no backtick", () => {
    const long = culprit({
      function: `a\n\`b\`${"c".repeat(500)}`,
      file: `${"d/".repeat(500)}end.js`,
      version: "1\u202e2",
    });
    const place = placeOf(long);
    expect(place).toMatch(/^`a bc+…`, …[d/]+\/end\.js:812$/);
    expect(place.length).toBeLessThan(200);
    expect(culpritName(long, plain)).toBe("`acme.linter` 12");
    expect(placeOf(culprit({ function: "" }))).toBe("main.js:812");
    expect(placeOf(culprit({ file: "" }))).toBe("`scanAll`");
    expect(placeOf(culprit({ line: 0 }))).toBe("`scanAll`, main.js");
    expect(culpritName(culprit({ version: null }), plain)).toBe("`acme.linter`");
  });
  test("a report is drafted from what the extension's own files say", () => {
    const { title, body } = issueDraft(culprit(), "spinning");
    expect(title).toBe("Blocks the extension host in `scanAll`, main.js:812");
    expect(body).toContain("`acme.linter` 1.4.2 kept the extension host's main thread from answering (spinning).");
    expect(body).toContain("It was caught in `scanAll`, main.js:812.");
    const bare = issueDraft(culprit({ function: "", file: "" }), "deadlock");
    expect(bare.title).toBe("Blocks the extension host");
    expect(bare.body).not.toContain("caught in");
  });
});

describe("over time", () => {
  const day = 86_400_000;
  let number = 0;
  const froze = (daysAgo: number, change: Parameters<typeof culprit>[0] = {}, more: Partial<Incident> = {}): Incident =>
    incident({ id: `i${++number}`, beganUnixMs: 1e12 - daysAgo * day, culprit: culprit(change), ...more });
  const history = [
    froze(9, { extensionId: "zeta.one", bugsUrl: null, displayName: null }),
    froze(3, { version: "1.4.1" }),
    froze(2, { function: "parse", line: 9 }),
    froze(1, { extensionId: "ACME.Linter" }),
    froze(0.5, nobody),
    froze(0.2, {}, { cause: "drill" }),
    incident({ id: "unknown" }),
  ];
  const time = (ms: number): string => `${(1e12 - ms) / day} days ago`;

  test("the most frequent first, then the latest; drills and the unknown count for nobody", () => {
    const records = culpritRecords(history, plain);
    expect(records.map(({ name, times }) => [name, times])).toEqual([
      ["ACME.Linter", 3],
      ["code outside every extension", 1],
      ["zeta.one", 1],
    ]);
    expect(records[0]).toMatchObject({
      versions: ["1.4.2", "1.4.1"],
      lastUnixMs: 1e12 - day,
      places: [
        ["`scanAll`, main.js:812", 2],
        ["`parse`, main.js:9", 1],
      ],
    });
  });
  test("the document", () => {
    const text = culpritsDocument(history, plain, time);
    expect(text).toContain(
      "| ACME.Linter (ACME Linter) | 3 | 1 days ago | 1\\.4.2, 1.4.1 | \\`scanAll\\`, main.js:812 (2 times); \\`parse\\`, main.js:9 | [issues](<https://example.org/acme/linter/issues>) |",
    );
    expect(text).toContain("| zeta.one | 1 | 9 days ago | 1\\.4.2 | \\`scanAll\\`, main.js:812 |  |");
    expect(culpritsDocument([], plain, time)).toContain("No freeze has been traced to an extension yet.");
  });
  test("many places are not all named, and what others wrote stays text", () => {
    const many = [1, 2, 3, 4, 5].map((line) => froze(line, { line }));
    expect(culpritsDocument(many, plain, time)).toContain("main.js:3; and 2 more |");
    const evil = "</td><script> | [x](command:y)";
    const text = culpritsDocument(
      [froze(1, { function: evil, file: evil, version: evil, displayName: evil })],
      plain,
      time,
    );
    expect(text).not.toContain("<script");
    expect(text).not.toMatch(/(?<!\\)\]\(command/);
  });
});
