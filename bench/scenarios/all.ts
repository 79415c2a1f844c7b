import { type Figure, order } from "../report/figures.ts"
import { consolePages } from "./console-pages.ts"
import { eventsApplied } from "./events.ts"
import { fairness } from "./fairness.ts"
import { loginSpeed } from "./logins.ts"
import { memory } from "./memory.ts"
import { resuming } from "./resuming.ts"
import { rowsWritten } from "./rows-written.ts"
import type { Bench } from "./scenario.ts"
import { startUp } from "./start-up.ts"
import { latency, timings } from "./timings.ts"

/** What the names of figures measured there end in. */
export const onPostgres = ", PostgreSQL"

/** Runs every scenario that was asked for, one at a time: two at once would measure each other. */
export async function measureAll(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = []
  const measured = bench.districts.filter(({ users }) => bench.options.sizes.includes(users))
  for (const district of measured) figures.push(...(await timings(bench, district)))
  const largest = measured.at(-1)
  const usual = measured.findLast(({ users }) => users <= 100_000)
  const isSqlite = bench.options.storage === "sqlite"
  if (usual !== undefined) {
    figures.push(...(await rowsWritten(bench, usual)))
    figures.push(...(await latency(bench, usual)))
    figures.push(...(await resuming(bench, usual)))
    figures.push(...(await consolePages(bench, usual)))
  }
  if (largest !== undefined) {
    figures.push(...(await memory(bench, largest)))
    figures.push(...(await eventsApplied(bench, largest)))
    figures.push(...(await fairness(bench, largest)))
  }
  // What has to do with no storage is measured once.
  if (isSqlite) {
    figures.push(...(await loginSpeed(bench)))
    figures.push(...(await startUp(bench)))
  } else for (const figure of figures) figure.what += onPostgres
  return figures.sort((one, other) => order(one) - order(other))
}
