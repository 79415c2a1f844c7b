import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { root } from "../../scripts/entries.ts"

/** A house in which every line is an import: from, to, and the rules that must object to it. */
const imports: readonly (readonly [from: string, to: string, ...rules: string[]])[] = [
  ["errors/a", "models/a", "errors-imports"],
  ["models/b", "errors/b"],
  ["models/c", "clever/c", "models-imports"],
  ["clever/d", "models/b"],
  ["sso/e", "jose"],
  ["clever/f", "storage/contract", "clever-imports"],
  ["clever/g", "roster/z", "clever-imports"],
  ["sso/a", "clever/tokens"],
  ["sso/b", "clever/users"],
  ["sso/c", "clever/pages", "sso-imports"],
  ["clever/e", "jose", "jose-only-in"],
  ["storage/contract", "errors/b"],
  ["storage/sqlite/a", "storage/contract"],
  ["storage/sqlite/b", "storage/sql/z"],
  ["storage/sqlite/f", "storage/adapter/z"],
  ["storage/adapter/a", "storage/memory/z", "storage-adapter-imports"],
  ["storage/sqlite/c", "storage/memory/z", "storage-adapter-imports"],
  ["storage/sqlite/d", "roster/z", "storage-adapter-imports"],
  ["storage/memory/e", "node:sqlite", "sqlite-only-in-sqlite"],
  ["storage/sqlite/e", "node:sqlite"],
  ["roster/a", "storage/contract"],
  ["roster/b", "storage/sqlite/a", "roster-imports"],
  ["roster/c", "openid-client", "openid-client-only-in"],
  ["roster/d", "clever/d", "roster-imports"],
  ["exchange/a", "roster/z"],
  ["exchange/b", "clever/d", "exchange-imports"],
  ["worker/a", "exchange/a"],
  ["worker/b", "storage/contract"],
  ["worker/c", "clever/d", "worker-imports"],
  ["console/a", "commander", "commander-only-in"],
  ["console/b", "exchange/a"],
  ["console/c", "hono"],
  ["console/d", "clever/d", "console-imports"],
  ["express/a", "console/b"],
  ["express/b", "clever/d", "express-imports"],
  ["cli/a", "index"],
  ["cli/b", "simulator/index"],
  ["cli/c", "clever/d", "cli-imports"],
  ["cli/d", "testing/z", "cli-imports", "nothing-imports-testing"],
  ["simulator/a", "roster/z", "simulator-imports"],
  ["simulator/b", "hono"],
  ["testing/a", "index"],
  ["testing/b", "roster/z", "testing-imports"],
  ["index", "roster/z"],
  ["elsewhere/a", "errors/b", "no-unknown-room"],
  // A circle is reported once.
  ["roster/circle-one", "roster/circle-two", "no-cycles"],
  ["roster/circle-two", "roster/circle-one"],
  ["clever/h", "../test/z", "src-stands-alone"],
  ["clever/i", "vitest", "no-development-package"],
]

let house: string

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), "homeroom-rules-"))
  const write = (name: string, text: string) => {
    const path = join(house, "src", `${name}.ts`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { flag: "a" })
  }
  for (const [from, to] of imports) {
    const target = /[:]|^(?:jose|openid-client|hono|vitest|commander)$/.test(to)
      ? to
      : join(house, "src", `${to}.ts`)
    write(from, `import ${JSON.stringify(target)}\n`)
    if (target !== to) write(to, "")
  }
  for (const name of ["package.json", "tsconfig.json", ".dependency-cruiser.js", "node_modules"]) {
    symlinkSync(join(root, name), join(house, name))
  }
})

afterAll(() => rmSync(house, { recursive: true, force: true }))

test("the import rules allow what the table allows and object to everything else", () => {
  const program = join(root, "node_modules/.bin/depcruise")
  const args = [program, "--config", ".dependency-cruiser.js", "--output-type", "json", "src"]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: house,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  })
  expect(stderr).toBe("")
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { from: string; to: string; rule: { name: string } }[] }
  }
  const rulesAt = (from: string) =>
    new Set(summary.violations.filter((violation) => violation.from === from).map(({ rule }) => rule.name))
  const seen = imports.map(([from, to]) => [from, to, ...rulesAt(`src/${from}.ts`)].join(" "))
  expect(seen.join("\n")).toBe(imports.map((line) => line.join(" ")).join("\n"))
})
