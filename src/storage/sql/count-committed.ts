import type { Action, DistrictHead, StagedCount } from "../contract.ts"

/** Moves a district's counts by what a commit writes; tells how many records that is. */
export function countCommitted(counts: DistrictHead["counts"], wanted: readonly StagedCount[]): number {
  let written = 0
  for (const { kind, action, count } of wanted) {
    if (action === "unchanged" || action === "reject") continue
    written += count
    const { active, archived } = counts[kind] ?? { active: 0, archived: 0 }
    const [activeBy, archivedBy] = shift(action, count)
    counts[kind] = { active: active + activeBy, archived: archived + archivedBy }
  }
  return written
}

/** By how much an action moves the counts of active and archived records. */
function shift(action: Action, count: number): [active: number, archived: number] {
  if (action === "create") return [count, 0]
  if (action === "archive") return [-count, count]
  if (action === "restore") return [count, -count]
  return [0, 0]
}
