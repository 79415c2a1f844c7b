import type { StagedCount } from "../contract.ts"
import { actionOf, kindOf } from "../sql/codes.ts"
import type { FlatChange } from "./flat-changes.ts"
import type { Sql } from "./sql.ts"

// A run's row keeps how many changes it has staged, in an array with a place for each kind and action: counting a
// hundred thousand rows would read them all again, for each of the two who want to know. Null where it is not known, as
// a staged change may have been replaced or removed: then the rows are counted.

/** Places of each kind; there are fewer actions, also in years to come. */
const placesOfKind = 16

/** How many of the changes there are of each kind and action. */
export function countsOf(changes: readonly FlatChange[]): number[] {
  const counts: number[] = []
  for (const { kind, action } of changes) {
    const place = kind * placesOfKind + action
    while (counts.length <= place) counts.push(0)
    counts[place] = (counts[place] ?? 0) + 1
  }
  return counts
}

/** How many changes the run with this number has staged; `kept` is the array of its row, as text. */
export async function stagedCounts(sql: Sql, run: number, kept: unknown): Promise<StagedCount[]> {
  if (typeof kept === "string") {
    const counts = kept.slice(1, -1).split(",").map(Number)
    return counts.flatMap((count, place) => (count > 0 ? [countAt(place, count)] : []))
  }
  const rows = await sql.all(
    `SELECT kind, action, count(*) AS count FROM homeroom.changes WHERE run = $1 GROUP BY kind, action
     ORDER BY kind, action`,
    run,
  )
  return rows.map(({ kind, action, count }) =>
    countAt(Number(kind) * placesOfKind + Number(action), Number(count)),
  )
}

function countAt(place: number, count: number): StagedCount {
  return { kind: kindOf(Math.floor(place / placesOfKind)), action: actionOf(place % placesOfKind), count }
}

/** Must be called wherever staged changes of the district may be removed. */
export async function forgetStagedCounts(sql: Sql, district: number): Promise<void> {
  await sql.run("UPDATE homeroom.runs SET staged = NULL WHERE district = $1 AND NOT committed", district)
}
