/**
 * Bundles every public entry alone: `npm run docs:sizes` writes the table of sizes in docs/package.md, `--check`
 * fails where an import is over its budget, loads a package that its budget doesn't name, or is another in the table.
 * Both take `dist/` as it is.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { root } from "./entries.ts"
import { importsWithBudgets } from "./sizes/budgets.ts"
import { measure } from "./sizes/measure.ts"
import { isCurrent, type Measured, problemsWith, withTable } from "./sizes/table.ts"

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } })
const page = join(root, "docs/package.md")
const document = readFileSync(page, "utf8")

const all: Measured[] = []
for (const one of importsWithBudgets()) all.push({ ...one, size: await measure(one.code) })

const problems = all.flatMap(problemsWith)
if (!values.check) writeFileSync(page, withTable(document, all))
else if (!isCurrent(document, all)) {
  problems.push("docs/package.md shows other sizes: npm run build && npm run docs:sizes")
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
