// Looks at the processes for the zoo, from inside one of them: whatever it runs in asks Lifeline, and must not be ended for that.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { Wire } from "./wire.mjs";

const [orders, daemon] = process.argv.slice(2);
/** @type {Wire | undefined} */
let wire;
const zoo = connect(orders);
zoo.on("close", () => process.exit());
createInterface({ input: zoo }).on("line", async () => {
  try {
    wire ??= await Wire.open(daemon);
    zoo.write(`${JSON.stringify({ report: await wire.request("lifeline/orphans") })}\n`);
  } catch (error) {
    zoo.write(`${JSON.stringify({ failed: String(error) })}\n`);
  }
});
