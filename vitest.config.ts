import { availableParallelism } from "node:os"
import { join } from "node:path"
import { defineConfig } from "vitest/config"
import { publicEntries, root } from "./scripts/entries.ts"

/** Rooms whose tests keep to themselves: their files share a process, and what they import is loaded in it once. */
const sharing = ["models", "clever", "sso", "simulator", "telemetry"].map(
  (room) => `test/${room}/**/*.test.ts`,
)

export default defineConfig({
  resolve: {
    // Tests and examples that import "homeroom/…" as an app does get the sources, not a build.
    alias: publicEntries.map(({ specifier, source }) => ({
      find: new RegExp(`^${specifier}$`),
      replacement: join(root, source),
    })),
  },
  test: {
    projects: [
      { extends: true, test: { name: "sharing", include: sharing, isolate: false } },
      { extends: true, test: { name: "alone", include: ["test/**/*.test.ts"], exclude: sharing } },
    ],
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/setup.ts"],
    reporters: ["default"],
    // Many tests wait for processes that they kill: on two cores there is room for two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    // Against hanging for ever; how long a test takes is the machine's business.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text-summary", "json-summary", "html"],
      // Raise these as the tests grow; never lower them.
      thresholds: { lines: 85, statements: 85, functions: 85, branches: 75 },
    },
  },
})
