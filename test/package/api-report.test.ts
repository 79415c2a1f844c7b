import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { reportsOf } from "../../scripts/api/report.ts"
import { manifest, publicEntries, root } from "../../scripts/entries.ts"

/** The reports of declarations as a build makes them, one file for each entry. */
function reportsOfFiles(files: Readonly<Record<string, string>>): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "homeroom-api-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const entries = Object.keys(files).filter((name) => !name.startsWith("chunk"))
  return reportsOf(
    entries.map((name) => ({ specifier: name.replace(".d.ts", ""), declarations: join(folder, name) })),
  )
}

describe("the report of the public surface", () => {
  test("is there for each entry, and for nothing else", () => {
    const names = publicEntries.map(({ specifier }) => specifier.replace(`${manifest.name}/`, ""))
    expect(readdirSync(join(root, "api")).sort()).toEqual(names.map((name) => `${name}.api.md`).sort())
  })

  test("changes with the type of an option, and says nothing of a build's file names", () => {
    const entry = (type: string, chunk: string) => ({
      "one.d.ts": `export { Options } from "./${chunk}.js"\n`,
      [`${chunk}.d.ts`]: `/** What to do. */\ninterface Options {\n  limit?: ${type}\n}\nexport type { Options }\n`,
    })
    const before = reportsOfFiles(entry("number", "chunk-a")).get("one")
    expect(before).toContain('## API Report File for "one"')
    expect(before).toContain("export interface Options {")
    expect(before).toContain("limit?: number")
    expect(reportsOfFiles(entry("number", "chunk-b")).get("one")).toBe(before)
    expect(reportsOfFiles(entry("string", "chunk-a")).get("one")).not.toBe(before)
  })

  test("shows a type that is spoken of once: where it is exported, or where it comes first", () => {
    const shared = `/** Is exported. */\nexport interface Shown {\n  a: string\n}\n/** Is not. */\nexport interface Hidden {\n  b: string\n}\n`
    const uses = `import { Hidden, Shown } from "./chunk.js"\n/** A call. */\nexport declare function call(shown: Shown): Hidden\n`
    const reports = reportsOfFiles({
      "chunk.d.ts": shared,
      "one.d.ts": uses,
      "two.d.ts": `${uses}export type { Shown }\n`,
    })
    expect(reports.get("one")).toContain("\ninterface Hidden {")
    expect(reports.get("one")).not.toContain("interface Shown {")
    expect(reports.get("two")).toContain("\nexport interface Shown {")
    expect(reports.get("two")).not.toContain("interface Hidden {")
  })
})
