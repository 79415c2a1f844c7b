/** `npm run bench`: measures the figures of Homeroom's speed and memory, prints, stores and draws them. */
import { randomBytes } from "node:crypto"
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
import { type Figure, isMissed, order } from "./report/figures.ts"
import { busyLoad, describeMachine, type Report } from "./report/report.ts"
import { drawFigures } from "./report/svg.ts"
import { markdownPage, readMarkdownPage, textTable } from "./report/table.ts"
import { measureAll, onPostgres } from "./scenarios/all.ts"
import { eventBatchesFor } from "./scenarios/events.ts"
import { runOn } from "./subjects/databases.ts"
import type { ServedDistrict } from "./tasks.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const hour = 60 * 60 * 1_000
/** There always: everything warms up on it. */
const smallest = 10_000

function note(text: string): void {
  process.stderr.write(`… ${text}\n`)
}

async function run(
  options: BenchOptions,
  { folder, databases, load }: { folder: string; databases: string; load: number },
): Promise<Report> {
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
    const bench = { options, programs, server, folder: databases, districts, wants, note }
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

/** A database of the bench's own on the server that tests use as well. */
async function makePostgresDatabase(): Promise<{ url: string; drop: () => Promise<unknown> }> {
  const server = process.env.HOMEROOM_TEST_POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/postgres"
  const name = `homeroom_bench_${randomBytes(6).toString("hex")}`
  await runOn(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => runOn(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
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

  const postgres = options.storage === "postgres" ? await makePostgresDatabase() : undefined
  const report = await run(options, { folder, databases: postgres?.url ?? folder, load }).finally(() =>
    postgres?.drop(),
  )
  process.stdout.write(textTable(report))
  write(options.out ?? join(root, "bench/.cache/results.json"), `${JSON.stringify(report, null, 2)}\n`)
  if (options.write) {
    const page = join(root, "docs/benchmarks.md")
    const { only, storage } = options
    const sizes = options.sizes.map(sizeName)
    const isMeasured = ({ name, what, size }: Figure): boolean =>
      (only?.has(name) ?? true) &&
      what.endsWith(onPostgres) === (storage === "postgres") &&
      (size === "" || sizes.includes(size))
    const kept = readMarkdownPage(readFileSync(page, "utf8"))
    const others = kept.figures.filter((figure) => !isMeasured(figure))
    write(page, markdownPage({ report, storage, kept: { figures: others, measured: kept.measured } }))
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
