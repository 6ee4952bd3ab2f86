// A small MCP server that leaks as many real ones do: it goes on when its standard input ends. With BUSY=1 it computes all the time.
import { createInterface } from "node:readline";

/** @type {Record<string, () => unknown>} */
const answers = {
  initialize: () => ({
    protocolVersion: "2025-03-26",
    capabilities: { tools: {} },
    serverInfo: { name: "left-behind", version: "1.0.0" },
  }),
  "tools/list": () => ({ tools: [] }),
  ping: () => ({}),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method } = JSON.parse(line);
  const answer = answers[method];
  if (id !== undefined && answer) process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: answer() })}\n`);
});
process.stdout.on("error", () => {});
setInterval(() => {}, 60_000);

if (process.env.BUSY === "1") {
  // A tenth of a CPU.
  setInterval(() => {
    const until = Date.now() + 10;
    while (Date.now() < until);
  }, 100);
}
