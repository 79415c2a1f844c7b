import { type Figure, order } from "../report/figures.ts"
import { eventsApplied } from "./events.ts"
import { loginSpeed } from "./logins.ts"
import { memory } from "./memory.ts"
import { resuming } from "./resuming.ts"
import { rowsWritten } from "./rows-written.ts"
import type { Bench } from "./scenario.ts"
import { startUp } from "./start-up.ts"
import { latency, timings } from "./timings.ts"

/** Runs every scenario that was asked for, one at a time: two at once would measure each other. */
export async function measureAll(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = []
  const measured = bench.districts.filter(({ users }) => bench.options.sizes.includes(users))
  for (const district of measured) figures.push(...(await timings(bench, district)))
  const largest = measured.at(-1)
  const usual = measured.findLast(({ users }) => users <= 100_000)
  if (usual !== undefined) {
    figures.push(...(await rowsWritten(bench, usual)))
    figures.push(...(await latency(bench, usual)))
    figures.push(...(await resuming(bench, usual)))
  }
  if (largest !== undefined) {
    figures.push(...(await memory(bench, largest)))
    figures.push(...(await eventsApplied(bench, largest)))
  }
  figures.push(...(await loginSpeed(bench)))
  figures.push(...(await startUp(bench)))
  return figures.sort((one, other) => order(one) - order(other))
}
