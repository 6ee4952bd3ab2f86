// An extension with an honest leak: a cache that nothing ever leaves, filled in small steps while the host goes on working.
//
// `leak.json` in $LIFELINE_LEAK_DIR sets it off, in the first host that sees it and in no later one; `leak-<pid>.json` says how far it got.

const fs = require("node:fs");
const path = require("node:path");

const folder = process.env.LIFELINE_LEAK_DIR;

const STEP_MS = 100;
/** A symbol is 40 bytes (map, properties, elements, two fields), its slot in the list 8. */
const BYTES_PER_SYMBOL = 48;

/** What is remembered, for ever. */
const outlines = [];

/** @param {number} bytes */
function rememberSymbols(bytes) {
  const outline = [];
  for (let line = 0; line < bytes / BYTES_PER_SYMBOL; line++) outline.push({ line, outline });
  outlines.push(outline);
}

/**
 * @param {{megabytesPerSecond?: number}} order
 */
function leak({ megabytesPerSecond = 50 }) {
  const began = Date.now();
  let leaked = 0;
  setInterval(() => {
    const owed = (megabytesPerSecond * 1e6 * (Date.now() - began)) / 1000 - leaked;
    // What it falls behind while the heap is collected it does not catch up in one go.
    const step = Math.min(owed, (megabytesPerSecond * 1e6 * STEP_MS * 2) / 1000);
    rememberSymbols(step);
    leaked += step;
    write(`leak-${process.pid}.json`, {
      began,
      at: Date.now(),
      leakedBytes: leaked,
      heapBytes: process.memoryUsage().heapUsed,
    });
  }, STEP_MS);
}

function activate(context) {
  if (!folder) return;
  const take = () => {
    const claimed = path.join(folder, `.claimed-${process.pid}`);
    try {
      fs.renameSync(path.join(folder, "leak.json"), claimed);
    } catch {
      return;
    }
    leak(JSON.parse(fs.readFileSync(claimed, "utf8")));
  };
  const watcher = fs.watch(folder, take);
  context.subscriptions.push({ dispose: () => watcher.close() });
  take();
}

function write(name, value) {
  const temporary = path.join(folder, `.${name}`);
  fs.writeFileSync(temporary, JSON.stringify(value));
  fs.renameSync(temporary, path.join(folder, name));
}

module.exports = { activate };
