import type { Kind } from "../../models/kinds.ts"
import type { DistrictHead } from "../contract.ts"
import type { Statements } from "./statements.ts"

/** Takes records that are gone off the district's counts. */
export function subtractFromCounts(
  writer: Statements,
  district: number,
  kind: Kind,
  gone: { active: number; archived: number },
): void {
  const row = writer.get("SELECT counts FROM homeroom_districts WHERE key = ?", district)
  const counts = JSON.parse(String(row?.counts)) as DistrictHead["counts"]
  const { active, archived } = counts[kind] ?? { active: 0, archived: 0 }
  counts[kind] = { active: active - gone.active, archived: archived - gone.archived }
  if (counts[kind].active === 0 && counts[kind].archived === 0) delete counts[kind]
  writer.run("UPDATE homeroom_districts SET counts = ? WHERE key = ?", JSON.stringify(counts), district)
}
