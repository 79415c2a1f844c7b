import { spawnSync } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { root } from "../../scripts/entries.ts"
import { readRules, splitName } from "../../scripts/spec/rules.ts"

/** The ids that texts in tests begin with: names of tests and of what they stand in. */
function idsInTests(): Set<string> {
  const files = globSync(["test/**/*.ts", "examples/**/*.test.ts"], { cwd: root }).filter(
    (file) => !import.meta.filename.endsWith(file),
  )
  const texts = files.flatMap((file) => [
    ...readFileSync(join(root, file), "utf8").matchAll(/["'`]([SR]\d{1,2}\b[^"'`]*)/g),
  ])
  return new Set(texts.flatMap(([, text = ""]) => splitName(text).ids))
}

describe("tests as a specification (npm run test:spec)", () => {
  const rules = readRules()
  const named = idsInTests()

  test("the documents have 32 rules of imports and 64 of logins, each with what it says", () => {
    const numbered = (letter: string, last: number) =>
      Array.from({ length: last }, (_, index) => `${letter}${index + 1}`)
    expect([...rules.keys()].sort()).toEqual([...numbered("S", 32), ...numbered("R", 64)].sort())
    expect([...rules.values()].filter((text) => text.length < 10)).toEqual([])
  })

  test("every rule is at the beginning of a test's name", () => {
    expect([...rules.keys()].filter((id) => !named.has(id))).toEqual([])
  })

  test("every id at the beginning of a test's name is a rule's", () => {
    expect([...named].filter((id) => !rules.has(id))).toEqual([])
  })

  test("a name may begin with several ids", () => {
    expect(splitName("S15 S16 a school")).toEqual({ ids: ["S15", "S16"], text: "a school" })
    expect(splitName("S26, S27")).toEqual({ ids: ["S26", "S27"], text: "" })
    expect(splitName("a school of S15")).toEqual({ ids: [], text: "a school of S15" })
  })

  test("npm test ends with a line for each rule: how many tests hold Homeroom to it", {
    timeout: 60_000,
  }, () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    const [, ...args] = `${scripts.test} test/models/overrides.test.ts`.split(" ")
    const { stdout } = spawnSync("vitest", args, {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    })
    expect(stdout).toMatch(/^✓ +\d+ {2}S19 {2}The owner of a field is Clever/m)
    expect(stdout).toMatch(/Tests {2}\d+ passed/)
  })
})
