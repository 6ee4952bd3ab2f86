// Unit tests: everything that does not import `vscode`, against real sockets and real child processes.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, watch: false },
});
