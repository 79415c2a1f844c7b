/** The table of sizes in `docs/package.md`. */
import type { Import } from "./budgets.ts"
import type { Size } from "./measure.ts"

export interface Measured extends Import {
  size: Size
}

const kilobyte = 1000
/** How far a figure in the table may be from the measured one: not every changed line is news. */
const tolerance = 0.05

/** What is wrong with a size, in words. */
export function problemsWith({ title, budget, size }: Measured): string[] {
  const problems: string[] = []
  const limit = (what: string, bytes: number, kilobytes: number): void => {
    if (bytes > kilobytes * kilobyte) {
      problems.push(`${title}: ${what} ${inKilobytes(bytes)} kB, more than the ${kilobytes} of its budget`)
    }
  }
  limit("loads at once", size.atOnce, budget.atOnce)
  if (budget.total !== undefined) limit("loads in all", size.total, budget.total)
  const allow = (what: string, found: readonly string[], allowed: readonly string[]): void => {
    const more = found.filter((name) => !allowed.includes(name))
    if (more.length > 0) problems.push(`${title}: ${what} ${more.join(", ")}, which its budget does not name`)
  }
  allow("loads at once", size.packagesAtOnce, budget.packages)
  if (budget.total !== undefined) allow("loads later", size.packagesLater, budget.later ?? [])
  return problems
}

function inKilobytes(bytes: number): string {
  return (bytes / kilobyte).toFixed(bytes < 100 * kilobyte ? 1 : 0)
}

function rowOf(measured: Measured): string {
  const { title, budget, size } = measured
  const named = (names: readonly string[] = []): string => names.map((name) => `\`${name}\``).join(", ")
  const cells = [
    `\`${title}\``,
    inKilobytes(size.atOnce),
    String(budget.atOnce),
    inKilobytes(size.gzipped),
    budget.total === undefined ? "" : inKilobytes(size.total),
    budget.total === undefined ? "" : String(budget.total),
    named(size.packagesAtOnce),
    budget.total === undefined ? "" : named(size.packagesLater),
  ]
  return `| ${cells.join(" | ")} |`
}

const block = /(<!-- sizes -->\n)[\s\S]*?(<!-- end of sizes -->)/

/** The document with the table of what was measured. */
export function withTable(document: string, all: readonly Measured[]): string {
  if (!block.test(document)) throw new Error("The document has no place for the table of sizes")
  const table = `| Import | At once | may | gzipped | In all | may | Packages at once | Packages at first use |
| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |
${all.map(rowOf).join("\n")}`
  return document.replace(block, (_, before: string, after: string) => `${before}${table}\n${after}`)
}

const figure = /(?<=\| )\d+(?:\.\d)?(?= \|)/g

/** Whether the document's table says what was measured, its figures within a few per cent. */
export function isCurrent(document: string, all: readonly Measured[]): boolean {
  const expected = withTable(document, all)
  const measured = [...expected.matchAll(figure)].map(Number)
  const isNear = ([written]: string[], index: number): boolean => {
    const value = measured[index] ?? 0
    return Math.abs(Number(written) - value) <= value * tolerance
  }
  return (
    document.replace(figure, "") === expected.replace(figure, "") &&
    [...document.matchAll(figure)].every(isNear)
  )
}
