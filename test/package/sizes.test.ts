import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { publicEntries, root } from "../../scripts/entries.ts"
import { importsWithBudgets } from "../../scripts/sizes/budgets.ts"
import { measure } from "../../scripts/sizes/measure.ts"
import { isCurrent, type Measured, problemsWith, withTable } from "../../scripts/sizes/table.ts"

const size = { atOnce: 10_000, gzipped: 4_000, total: 20_000, packagesAtOnce: [], packagesLater: ["zod"] }
const budget = { atOnce: 11, total: 22, packages: [], later: ["zod"] }
const measured: Measured = { title: "homeroom/one", code: "", budget, size }

describe("the size of an import", () => {
  test("has a budget for every entry, and for the names that apps begin with", () => {
    const titles = importsWithBudgets().map(({ title }) => title)
    expect(titles).toEqual(expect.arrayContaining(publicEntries.map(({ specifier }) => specifier)))
    expect(titles).toContain('{ CleverSsoClient } from "homeroom"')
    expect(titles).toContain('{ RosterSync } from "homeroom"')
  })

  test("homeroom may load no package at once, and at first use no framework, database or command line", () => {
    const [all, ...names] = importsWithBudgets().filter(({ title }) => /\bhomeroom"?$/.test(title))
    expect(names.length).toBeGreaterThan(1)
    for (const one of [all, ...names]) expect(one?.budget.packages, one?.title).toEqual([])
    const kept = [
      "express",
      "fastify",
      "pg",
      "pg-boss",
      "hono",
      "@hono/node-server",
      "node:sqlite",
      "commander",
    ]
    expect(all?.budget.later?.filter((name) => kept.includes(name))).toEqual([])
  })

  test("counts what is loaded at once, and what comes with first use", async () => {
    const jose = await measure(`export { base64url } from "jose"`)
    const later = await measure(`export const later = () => import("jose")`)
    expect(jose).toMatchObject({ packagesAtOnce: ["jose"], packagesLater: [] })
    expect(later).toMatchObject({ packagesAtOnce: [], packagesLater: ["jose"] })
    expect(later.atOnce).toBeLessThan(200)
    expect(later.total).toBeGreaterThan(jose.atOnce)
    expect(jose.gzipped).toBeLessThan(jose.atOnce)
  })

  test("names the app's own packages too, and node:sqlite, without their weight", async () => {
    const { packagesAtOnce, atOnce } = await measure(
      `import "express"; import "node:sqlite"; import "node:fs"`,
    )
    expect(packagesAtOnce).toEqual(["express", "node:sqlite"])
    expect(atOnce).toBeLessThan(200)
    const { packagesLater } = await measure(`export const later = () => import("pg")`)
    expect(packagesLater).toEqual(["pg"])
  })
})

describe("the gate of sizes", () => {
  test("passes an import within its budget", () => {
    expect(problemsWith(measured)).toEqual([])
  })

  test("refuses an import that is over its budget, or loads a package that is not in it", () => {
    const over = {
      ...size,
      atOnce: 11_001,
      total: 22_001,
      packagesAtOnce: ["hono"],
      packagesLater: ["zod", "pg"],
    }
    expect(problemsWith({ ...measured, size: over })).toEqual([
      "homeroom/one: loads at once 11.0 kB, more than the 11 of its budget",
      "homeroom/one: loads in all 22.0 kB, more than the 22 of its budget",
      "homeroom/one: loads at once hono, which its budget does not name",
      "homeroom/one: loads later pg, which its budget does not name",
    ])
  })

  test("wants the table to say what is measured, within five per cent", () => {
    const page = withTable("# Sizes\n\n<!-- sizes -->\n<!-- end of sizes -->\n", [measured])
    expect(page).toContain("| `homeroom/one` | 10.0 | 11 | 4.0 | 20.0 | 22 |  | `zod` |")
    const weighing = (atOnce: number): Measured => ({ ...measured, size: { ...size, atOnce } })
    expect(isCurrent(page, [measured])).toBe(true)
    expect(isCurrent(page, [weighing(10_400)])).toBe(true)
    expect(isCurrent(page, [weighing(10_700)])).toBe(false)
    expect(isCurrent(page, [{ ...measured, size: { ...size, packagesLater: [] } }])).toBe(false)
    expect(isCurrent(page, [measured, { ...measured, title: "homeroom/two" }])).toBe(false)
  })

  test("has a table in docs/package.md with a row for every import", () => {
    const page = readFileSync(join(root, "docs/package.md"), "utf8")
    for (const { title } of importsWithBudgets()) expect(page).toContain(`| \`${title}\` | `)
  })
})
