import { sizeName } from "../options.ts"
import { bounds, type Figure, figureOf } from "../report/figures.ts"
import type { RowsWritten, ServedDistrict } from "../tasks.ts"
import { type Bench, limitFor, measure } from "./scenario.ts"

/** P5: the rows of roster and log that an unchanged resync writes, counted by triggers. */
export async function rowsWritten(bench: Bench, district: ServedDistrict): Promise<Figure[]> {
  if (!bench.wants("P5")) return []
  bench.note(`counting the rows that an unchanged resync of ${sizeName(district.users)} users writes`)
  const task = { task: "rows-written", district, folder: bench.folder } as const
  const rows = await measure<RowsWritten>(bench, task, limitFor(district.users, 3))
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0)
  const about = { name: "P5", what: "rows written by an unchanged resync", unit: "rows" } as const
  return [figureOf([total], { ...about, size: sizeName(district.users), bounds: bounds.P5 })]
}
