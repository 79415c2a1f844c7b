/** `npm run bench`: measures the figures of Homeroom's speed and memory, prints, stores and draws them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Variant } from "./district/page-set.ts"
import { writeDistrict } from "./district/write-district.ts"
import { type BenchOptions, readOptions, sizeName, UsageError, usage } from "./options.ts"
import { buildPrograms } from "./process/build.ts"
import { killChildren } from "./process/children.ts"
import { PageServer } from "./process/page-server.ts"
import { isMissed, order } from "./report/figures.ts"
import { busyLoad, describeMachine, type Report } from "./report/report.ts"
import { drawFigures } from "./report/svg.ts"
import { markdownPage, readMarkdownPage, textTable } from "./report/table.ts"
import { measureAll } from "./scenarios/all.ts"
import { eventBatchesFor } from "./scenarios/events.ts"
import type { ServedDistrict } from "./tasks.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const hour = 60 * 60 * 1_000
/** There always: everything warms up on it. */
const smallest = 10_000

function note(text: string): void {
  process.stderr.write(`… ${text}\n`)
}

async function run(options: BenchOptions, folder: string, load: number): Promise<Report> {
  const programs = await buildPrograms()
  const server = await PageServer.start(programs.server, 4 * hour)
  try {
    const wants = (figure: string): boolean => options.only?.has(figure) ?? true
    const districts: ServedDistrict[] = []
    for (const users of [...new Set([smallest, ...options.sizes])].sort((one, other) => one - other)) {
      const variants = variantsFor(users, options, wants)
      note(`making a district of ${sizeName(users)} users (${variants.join(", ")})`)
      const eventBatches = wants("P8") ? eventBatchesFor(options) : 0
      const set = writeDistrict({ folder, users, variants, eventBatches })
      await server.add(set)
      const { districtId, records, changedRecords } = set
      districts.push({ origin: server.origin, districtId, users, records, changedRecords, variants })
      note(`${records} records, ${(set.bytes / 1e6).toFixed(0)} MB`)
    }
    const bench = { options, programs, server, folder, districts, wants, note }
    return { machine: describeMachine(load), figures: await measureAll(bench) }
  } finally {
    server.stop()
  }
}

/** Two more gigabytes for a million users: only where a figure needs them. */
function variantsFor(users: number, options: BenchOptions, wants: (figure: string) => boolean): Variant[] {
  const isLargest = users === Math.max(...options.sizes)
  const needsAll = users < 1_000_000 || (isLargest && wants("P7"))
  return needsAll ? ["base", "changed", "reordered"] : ["base"]
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) {
    process.stdout.write(`${usage}\n`)
    return
  }
  const load = loadavg()[0] ?? 0
  if (load > busyLoad)
    note(`others are at work on this machine (load ${load.toFixed(1)}): trust the columns best and cpu`)
  const folder = mkdtempSync(join(options.folder ?? tmpdir(), "homeroom-bench-"))
  const cleanUp = (): void => {
    killChildren()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  process.on("exit", cleanUp)
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130))

  const report = await run(options, folder, load)
  process.stdout.write(textTable(report))
  write(options.out ?? join(root, "bench/.cache/results.json"), `${JSON.stringify(report, null, 2)}\n`)
  if (options.write) {
    const page = join(root, "docs/benchmarks.md")
    const { only } = options
    const kept = only === undefined ? undefined : readMarkdownPage(readFileSync(page, "utf8"))
    const others = kept?.figures.filter(({ name }) => !only?.has(name)) ?? []
    write(page, markdownPage(report, { figures: others, measured: kept?.measured ?? [] }))
    const all = [...others, ...report.figures].sort((one, other) => order(one) - order(other))
    write(join(root, "docs/images/benchmarks.svg"), drawFigures({ ...report, figures: all }))
  }
  if (report.figures.some(isMissed)) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof UsageError
  const text = error instanceof Error && !isUsage ? error.stack : error
  process.stderr.write(`${text}\n`)
  process.exitCode = isUsage ? 2 : 1
}
