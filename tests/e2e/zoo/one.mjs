// One round in a namespace of its own, for `run.mjs`: `node one.mjs --seed N --result FILE`.
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { enterNamespace } from "../harness/namespace.mjs";
import { prepare, round } from "./round.mjs";

const options = /** @type {const} */ ({ seed: { type: "string" }, result: { type: "string" } });
const { seed, result } = parseArgs({ options }).values;
const inside = await enterNamespace(import.meta.url, { prepare });
await writeFile(String(result), JSON.stringify(await round(inside, { seed: Number(seed) })));
// Nothing that was started here is to keep us.
process.exit();
