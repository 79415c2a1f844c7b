import { globSync } from "node:fs"
import { dirname, join } from "node:path"
import { beforeAll, expect, test } from "vitest"
import { buildIfStale } from "../../scripts/built.ts"
import { readDocument } from "../../scripts/documents.ts"
import { root } from "../../scripts/entries.ts"
import { temporaryFolder } from "../support/roster-world.ts"
import { seed } from "../support/seed.ts"
import { startCommand } from "./example-process.ts"

const programs = globSync("*/index.ts", { cwd: join(root, "examples") })
  .map(dirname)
  .sort()

beforeAll(() => expect(buildIfStale()).toBe(true), 120_000)

test("npm start without a name tells which examples there are", async () => {
  const shown = startCommand({ command: "npm start -- unknown" })
  expect(await shown.ended).toBe(2)
  for (const name of programs) expect(shown.stderr).toContain(`\n  ${name}\n`)
})

test("examples/README.md tells what each of them shows, and each fits on a screen", () => {
  const readme = readDocument("examples/README.md")
  for (const name of programs) {
    expect(readme).toContain(`\n| [${name}](${name}/index.ts) | `)
    expect(readDocument(`examples/${name}/index.ts`).split("\n").length, name).toBeLessThan(60)
  }
})

test.each([
  ["nightly-sync", /^bulk applied \{\s+created: 300,/m],
  ["kysely-target", /^caught-up \{ create: \d{3}, update: 0, archive: 0, restore: 0 \}\n.*\n.*members/m],
  ["existing-accounts", /^5 linked \{ sis_id: 5 \} 1 to be decided \{ 'cell-count': 1 \}\nWhose account is/m],
  ["custom-storage", /^\S+ pass \d{3}\n\S+ fail 0\n/m],
])(
  "npm start -- %s works and ends, with a simulated Clever of its own",
  { timeout: 120_000 },
  async (name, expected) => {
    const folder = temporaryFolder()
    const app = startCommand({
      command: `npm start -- ${name}`,
      environment: {
        ROSTER_FILE: join(folder, "roster.db"),
        APP_FILE: join(folder, "app.db"),
        HOMEROOM_TEST_SEED: String(seed()),
      },
    })
    expect(await app.ended).toBe(0)
    expect(app.stdout).toMatch(expected)
  },
)
