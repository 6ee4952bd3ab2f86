// Sample answers of `lifeline doctor` and `lifeline explain`, as the program prints them.

type Fields = Record<string, unknown>;

export const SETTINGS_FILE = "/home/me/.claude/settings.json";

export function finding(change: Fields = {}): Fields {
  return {
    id: "no-proxy-loopback",
    severity: "error",
    title: "The proxy is used for this machine itself",
    detail: "HTTPS_PROXY is http://proxy:3128, NO_PROXY is not set",
    why: "Claude Code cannot reach the editor.",
    source: "a measurement",
    fix: ["Add localhost to NO_PROXY.", "Restart VS Code."],
    place: { file: SETTINGS_FILE, line: 3, column: 5, endLine: 3, endColumn: 20 },
    repair: repair(),
    ...change,
  };
}

export function repair(change: Fields = {}): Fields {
  return {
    id: "no-proxy-loopback:0",
    label: "Add localhost to NO_PROXY",
    kind: "edit",
    file: SETTINGS_FILE,
    setting: null,
    ...change,
  };
}

export function check(change: Fields = {}): Fields {
  return { id: "no-proxy", title: "Proxies", state: "found", note: null, ...change };
}

export function diagnosis(findings: unknown[], checks: unknown[] = [check()]): string {
  return JSON.stringify({ schema: "lifeline.doctor/1", lifelineVersion: "0.1.0", unixMs: 1, findings, checks });
}

export function entry(change: Fields = {}): Fields {
  return {
    id: "econnreset",
    title: "The connection was reset",
    meaning: "Somebody on the way has closed it.",
    tokens: "possible",
    tokensBecause: "The answer had begun.",
    whatToDo: ["Say “continue”.", "Compact the session."],
    sources: ["https://example.org/a_b", "a measurement"],
    ...change,
  };
}

export function explanation(change: Fields = {}): string {
  return JSON.stringify({
    schema: "lifeline.explain/1",
    known: true,
    entry: entry(),
    also: [{ id: "network", title: "The network" }],
    here: ["3 resets in the last hour, all in one session of 9.1 MB: compact it."],
    next: [],
    ...change,
  });
}
