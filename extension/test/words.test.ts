// What the user reads.
import { describe, expect, test } from "vitest";
import { incidentDocument, incidentTitle } from "../src/pure/documents";
import {
  bytes,
  cleanName,
  duration,
  escapeMarkdown,
  list,
  markdownLink,
  measured,
  plain,
  roughly,
  share,
  withoutLinks,
} from "../src/pure/format";
import { incidentSentence, problemSentence } from "../src/pure/sentences";
import { culprit, incident, surroundings } from "./support/samples";

const here = surroundings();
const sentence = (change: Parameters<typeof incident>[0]): string => incidentSentence(incident(change), here, plain);

describe("figures", () => {
  test("durations", () => {
    expect([0, 40, 400, 1400, 9940, 9960, 15_020, 119_000, 95_000].map((ms) => duration(ms))).toEqual([
      "0 s",
      "0 s",
      "0.4 s",
      "1.4 s",
      "9.9 s",
      "10 s",
      "15 s",
      "119 s",
      "95 s",
    ]);
    expect([120_000, 155_000, 3_600_000, 7_500_000].map((ms) => duration(ms))).toEqual([
      "2 min",
      "2 min 35 s",
      "1 h",
      "2 h 5 min",
    ]);
    expect([15_020, 1400, 600_000].map((ms) => measured(ms))).toEqual(["15.0 s", "1.4 s", "10 min"]);
  });
  test("shares and times to come are no more exact than needed", () => {
    expect(share(3.9e9, 4.3e9)).toBe("3.9 of 4.3 GB");
    expect(share(212e6, 4.3e9)).toBe("212 MB of 4.3 GB");
    expect([0, 40, 89, 90, 367, 7500].map((s) => roughly(s))).toEqual([
      "0 s",
      "40 s",
      "89 s",
      "2 min",
      "6 min",
      "2 h 5 min",
    ]);
  });
  test("bytes and lists", () => {
    expect([3.2e6, 212e6, 4_496_293_888, 2e9].map((n) => bytes(n))).toEqual(["3.2 MB", "212 MB", "4.5 GB", "2 GB"]);
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((parts) => list(parts))).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
    ]);
  });
});

describe("an incident in one sentence", () => {
  test("recovered", () => {
    expect(sentence({})).toBe(
      "Lifeline: this window's extension host was frozen for 15 s (deadlock: the main thread waited without an end). It was restarted in 1.4 s; 12 tabs, 2 unsaved files and 3 terminals are preserved.",
    );
    expect(sentence({ preserved: { tabs: 1, dirtyDocuments: 0, terminals: 0 } })).toMatch(
      /1\.4 s; 1 tab is preserved\.$/,
    );
    expect(sentence({ preserved: { tabs: 0, dirtyDocuments: 0, terminals: 0 } })).toMatch(/1\.4 s\.$/);
    expect(sentence({ preserved: null })).toMatch(/1\.4 s\.$/);
  });
  test("a drill shows what was measured", () => {
    expect(sentence({ cause: "drill" })).toBe(
      "Lifeline drill passed: the freeze was recognised after 3.1 s, acted upon after 15.0 s, and a new extension host was attached 1.4 s later; 12 tabs, 2 unsaved files and 3 terminals are preserved.",
    );
  });
  test("the others", () => {
    expect(sentence({ cause: "requested", actedAfterMs: 100, endedAfterMs: 1900 })).toMatch(
      /was restarted in 1\.8 s; 12 tabs/,
    );
    expect(sentence({ outcome: "cameBack", actedAfterMs: null, endedAfterMs: 8200 })).toMatch(
      /frozen for 8\.2 s .*came back by itself/,
    );
    expect(sentence({ outcome: "crashRecovered", cause: "crash", actedAfterMs: null, endedAfterMs: 1200 })).toMatch(
      /crashed.*in 1\.2 s/,
    );
    expect(sentence({ outcome: "refused", reason: "refusedBudget", endedAfterMs: null })).toMatch(
      /not restarted.*Reload Window/,
    );
    expect(sentence({ outcome: "refused", reason: "whatever" })).toMatch(/Nothing was restarted/);
    expect(sentence({ outcome: "notVerified", endedAfterMs: null })).toMatch(/no new one reported back/);
    expect(sentence({ outcome: "open", actedAfterMs: null, endedAfterMs: null })).toMatch(/frozen for 3\.1 s/);
  });
});

test("problems name the next step", () => {
  const kinds = [
    { kind: "missing", path: "/x", bundled: true },
    { kind: "missing", path: "/x", bundled: false },
    { kind: "notExecutable", path: "/x", bundled: true },
    { kind: "notExecutable", path: "/x", bundled: false },
    { kind: "failed", path: "/x", exit: "code 4", stderr: "" },
    { kind: "failed", path: "/x", exit: "code 4", stderr: "the folder cannot be written. Free some space." },
    { kind: "slow", path: "/x", afterMs: 20_000 },
  ] as const;
  for (const failure of kinds) {
    const text = problemSentence({ kind: "start", failure }, plain);
    expect(text).toMatch(/^(Lifeline|The program)/);
    expect(text).toMatch(/Install|install|setting|Show Log|Free some|keeps trying/);
  }
});

describe("planned restarts", () => {
  const planned = { verdict: "healthy", verdictAfterMs: null, actedAfterMs: 100, endedAfterMs: 1500 };
  test("before the memory ran out", () => {
    expect(sentence({ ...planned, cause: "memory", heapUsedBytes: 3.9e9, heapLimitBytes: 4.3e9 })).toBe(
      "Lifeline: this window's extension host was restarted before it ran out of memory (3.9 of 4.3 GB). It was back in 1.4 s; 12 tabs, 2 unsaved files and 3 terminals are preserved.",
    );
    expect(sentence({ ...planned, cause: "memory" })).toMatch(/ran out of memory\. It was back in 1\.4 s;/);
  });
  test("a refresh, with the daemon's reason", () => {
    const evidence = [{ witness: "kernel", text: "it has run for 125 min" }];
    expect(sentence({ ...planned, cause: "refresh", evidence })).toBe(
      "Lifeline: this window's extension host was refreshed at a quiet moment (it has run for 125 min). It was back in 1.4 s; 12 tabs, 2 unsaved files and 3 terminals are preserved.",
    );
    expect(sentence({ ...planned, cause: "refresh", evidence: [] })).toMatch(/quiet moment\. It was back in 1\.4 s;/);
  });
  test("none of them is called frozen when it fails", () => {
    const words = [
      ["memory", "was about to run out of memory"],
      ["refresh", "was due for a refresh"],
      ["requested", "was to be restarted"],
    ] as const;
    for (const [cause, plight] of words) {
      for (const reason of ["refusedBudget", "refusedUnsaved", "refusedCannotSave", "refusedIdentity", "whatever"]) {
        const text = sentence({ ...planned, cause, outcome: "refused", reason });
        expect(text).toContain(`extension host ${plight}`);
        expect(text).not.toContain("frozen");
      }
      expect(sentence({ ...planned, cause, outcome: "notVerified" })).toContain(`${plight} and was restarted, but`);
      expect(sentence({ ...planned, cause, outcome: "open" })).toBe(
        "Lifeline: this window's extension host is being restarted.",
      );
    }
  });
});

describe("an incident of another window", () => {
  const elsewhere = { windowId: "w2", label: "website" };
  test.each([
    ["recovered", {}],
    ["requested", { cause: "requested" }],
    ["memory", { cause: "memory", heapUsedBytes: 3.9e9, heapLimitBytes: 4.3e9 }],
    ["memory without figures", { cause: "memory" }],
    ["refresh", { cause: "refresh" }],
    ["with a culprit", { culprit: culprit() }],
    ["cameBack", { outcome: "cameBack" }],
    ["crashRecovered", { outcome: "crashRecovered" }],
    ["crashRecovered without a time", { outcome: "crashRecovered", endedAfterMs: null }],
    ["notVerified", { outcome: "notVerified" }],
    ["refused", { outcome: "refused", reason: "refusedUnsaved" }],
    ["refused, new reason", { outcome: "refused", reason: "whatever" }],
    ["open", { outcome: "open" }],
  ] as const)("%s", (_, change) => {
    const text = sentence({ ...change, ...elsewhere });
    expect(text).toContain("“website”");
    expect(text).not.toMatch(/this window|\{\d\}|undefined/);
  });
});

describe("documents", () => {
  const time = (ms: number): string => `T+${ms - incident().beganUnixMs}`;
  test("the details of an incident", () => {
    const text = incidentDocument(incident(), here, plain, time);
    expect(text).toMatchInlineSnapshot(`
      "# Freeze: recovered in 1.4 s

      This window's extension host was frozen for 15 s (deadlock: the main thread waited without an end). It was restarted in 1.4 s; 12 tabs, 2 unsaved files and 3 terminals are preserved.

      ## Time line

      | When | After | What |
      |:--|--:|:--|
      | T+0 | 0.0 s | last sign of life of process 4711 |
      | T+3100 | 3.1 s | verdict: deadlock: the main thread waited without an end |
      | T+15020 | 15.0 s | snapshot saved |
      | T+15020 | 15.0 s | process 4711 ended |
      | T+16420 | 16.4 s | process 4712 attached as the new extension host |

      ## Evidence

      | Witness | Observation |
      |:--|:--|
      | worker thread | the main thread's counter stood still for 15.0 s |
      | operating system | state S in futex\\_do\\_wait, 0 context switches |

      ## Preserved

      12 tabs, 2 unsaved files and 3 terminals

      Snapshot: \`s-1\` (\`lifeline snapshots show s-1\`)

      Window: project · Incident: \`20250101T120000-1\`
      "
    `);
  });
  test("who blocked it, and where to report it", () => {
    const text = incidentDocument(incident({ culprit: culprit({ file: "dist/main.js" }) }), here, plain, time);
    expect(text).toContain("## Blocked by");
    expect(text).toContain("| Extension | \\`acme.linter\\` 1.4.2 (ACME Linter) |");
    expect(text).toContain("| Function | \\`scanAll\\`, dist/main.js:812 |");
    expect(text).toContain("| Freezes of this window in seven days | 3 |");
    expect(text).toContain("](<https://example.org/acme/linter/issues>) |");
    const outside = culprit({
      extensionId: null,
      version: null,
      displayName: null,
      bugsUrl: null,
      file: "/a/b/run.js",
    });
    const other = incidentDocument(incident({ culprit: outside }), here, plain, time);
    expect(other).toContain("| Code | code outside every extension |");
    expect(other).toContain("| File | /a/b/run.js |");
    expect(other).not.toMatch(/seven days|reports at/);
    expect(incidentDocument(incident({ cause: "drill", culprit: culprit() }), here, plain, time)).not.toContain("acme");
  });
  test("a restart that was planned was not silent before", () => {
    const planned = incident({
      cause: "memory",
      verdict: "healthy",
      verdictAfterMs: null,
      heapUsedBytes: 3.9e9,
      heapLimitBytes: 4.3e9,
    });
    const text = incidentDocument(planned, here, plain, time);
    expect(text).toContain("| T+0 | 0.0 s | restart of process 4711 decided |");
    expect(text).toContain("| T+0 | 0.0 s | 3.9 of 4.3 GB of its heap in use |");
    expect(text).not.toMatch(/sign of life|verdict:/);
  });
  test("what others wrote stays text", () => {
    const label = "</td><script>alert(1)</script> | [x](command:y)";
    const text = incidentDocument(
      incident({ label, id: "a`b", evidence: [{ witness: label, text: label }] }),
      here,
      plain,
      time,
    );
    expect(text).not.toContain("<script");
    expect(text).not.toMatch(/(?<!\\)\]\(command/);
    expect(text).not.toContain("a`b");
  });
  test("every kind has a title", () => {
    const titles = (["freeze", "crash", "requested", "drill", "memory", "refresh"] as const).map((cause) =>
      incidentTitle(incident({ cause }), plain),
    );
    expect(titles).toEqual([
      "Freeze: recovered in 1.4 s",
      "Crash: recovered in 1.4 s",
      "Requested restart: recovered in 1.4 s",
      "Recovery drill: recovered in 1.4 s",
      "Memory nearly full: recovered in 1.4 s",
      "Refresh: recovered in 1.4 s",
    ]);
  });
});

test("what could be a link or an icon in a message is none", () => {
  expect(withoutLinks("[Fix](command:evil) [b](https://x)")).toBe("[Fix]\u2060(command:evil) [b]\u2060(https://x)");
  expect(withoutLinks("f(x)[0] (1)")).toBe("f(x)[0] (1)");
  expect(cleanName("a\n\u202e`b`\u0000 c ", 80)).toBe("a b c");
  expect(cleanName("x".repeat(100), 80)).toBe(`${"x".repeat(80)}…`);
  const link = markdownLink("a|b", "https://x/a)>(|`\\ b");
  expect(link).toBe("[a\\|b](<https://x/a%29%3E%28%7C%60%5C%20b>)");
});

test("escaping keeps the words", () => {
  expect(escapeMarkdown("a_b*c")).toBe("a\\_b\\*c");
  expect(escapeMarkdown("a\n\n# b")).toBe("a \\# b");
  expect(["- a", "+ a", "1. a", "15.0 s", "x - y"].map(escapeMarkdown)).toEqual([
    "\\- a",
    "\\+ a",
    "1\\. a",
    "15\\.0 s",
    "x - y",
  ]);
});
