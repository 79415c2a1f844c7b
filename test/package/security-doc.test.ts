import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { root } from "../../scripts/entries.ts"

/** The requirements of sign-in, by number. */
const requirements = Array.from({ length: 64 }, (_, index) => `R${index + 1}`)

/** A test file's name in the table: `sso/callback`. */
function nameOf(file: string): string {
  return file.replace(/^test\//, "").replace(/\.test\.ts$/, "")
}

/** Which test files name each requirement. What `test/support/lies` tells is told by one of them. */
function filesByRequirement(): Map<string, Set<string>> {
  const files = new Map(requirements.map((requirement) => [requirement, new Set<string>()]))
  for (const file of globSync(["test/**/*.test.ts", "test/support/lies/*.ts"], { cwd: root })) {
    const name = file.startsWith(join("test", "support")) ? "sso/provider/lies" : nameOf(file)
    const text = readFileSync(join(root, file), "utf8")
    for (const [requirement] of text.matchAll(/\bR[1-9]\d?\b/g)) files.get(requirement)?.add(name)
  }
  return files
}

describe("docs/security.md", () => {
  const document = readFileSync(join(root, "docs/security.md"), "utf8")
  const files = filesByRequirement()

  test.each(requirements)("names the tests that name %s, all of them and no others", (requirement) => {
    const row = new RegExp(`^\\| ${requirement} \\| [^|]+ \\| (.+) \\|$`, "m").exec(document)?.[1] ?? ""
    const listed = [...row.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
    expect(listed.length).toBeGreaterThan(0)
    expect(listed.sort()).toEqual([...(files.get(requirement) ?? [])].sort())
  })

  test("names tests that exist for rostering, the console and workers", () => {
    const [, section = ""] = document.split("## Rostering, the console and workers")
    const [table = ""] = section.split("\n## ")
    const named = table.split("\n").flatMap((row) => {
      const [, cell = ""] = /\| ([^|]+) \|$/.exec(row) ?? []
      return [...cell.matchAll(/`([a-z-]+\/[^`]+)`/g)].map(([, name = ""]) => name)
    })
    expect(named.length).toBeGreaterThan(10)
    const found = (name: string) => globSync(`test/${name.replace("…", "*")}.test.ts`, { cwd: root }).length
    expect(named.filter((name) => found(name) === 0)).toEqual([])
  })
})
