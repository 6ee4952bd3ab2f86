// DuckDB's part of the report benchmark: `duckdb-errors.mjs FOLDER PROJECTS` prints how many errors there are of each code, or status, as
// JSON. FOLDER has DuckDB in its node_modules.
import { createRequire } from "node:module";
import path from "node:path";

const [folder, projects] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(path.join(folder, "package.json"))("@duckdb/node-api");
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const glob = path.join(projects, "**", "*.jsonl").replaceAll("'", "''");
const reader = await connection.runAndReadAll(`
  SELECT coalesce(error->>'$.status', cause->>'$.code', error->>'$.cause.code', error->>'$.connection.code', 'unknown') AS code,
         count(*)::INTEGER AS errors
  FROM read_ndjson('${glob}', ignore_errors = true,
                   columns = {type: 'VARCHAR', subtype: 'VARCHAR', cause: 'JSON', error: 'JSON'})
  WHERE type = 'system' AND subtype = 'api_error'
  GROUP BY ALL`);
console.log(JSON.stringify(Object.fromEntries(reader.getRowsJson())));
