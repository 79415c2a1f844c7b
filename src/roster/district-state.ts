import type { District } from "../models/index.ts"
import type { RunContext } from "./run-context.ts"

const workingStates = ["running", "success"]

/** The district's record as the run found it, or as it is stored. */
export async function readDistrict(context: RunContext): Promise<District | undefined> {
  const { storage, run } = context
  const [staged] = await storage.listChanges({ runId: run.id, kind: "district", limit: 1 })
  if (staged?.after != null) return JSON.parse(staged.after) as District
  const [stored] = await storage.getRecords({
    districtId: run.districtId,
    kind: "district",
    ids: [run.districtId],
  })
  return stored === undefined ? undefined : (JSON.parse(stored.data) as District)
}

/**
 * Why nothing should be archived just now (S28): the district's data at Clever is erroneous, frozen, or has
 * never been complete. Undefined if all is well; else the state's name.
 *
 * An absent or empty `state` counts as well: Clever leaves it out of some districts. A pause lasts from the
 * start of its first day to the end of its last, and since Clever says neither in which time zone, a day more
 * on either side.
 */
export function whyArchivesWait(district: District | undefined, nowMs: number): string | undefined {
  if (district === undefined) return undefined
  const { state, last_sync, pause_start, pause_end } = district
  if (state != null && state !== "" && !workingStates.includes(state)) return state
  if (last_sync == null || last_sync === "") return "never-synced"
  const dayMs = 24 * 60 * 60 * 1_000
  const start = Date.parse(pause_start ?? "")
  const end = Date.parse(pause_end ?? "")
  if (!Number.isNaN(start) && nowMs >= start - dayMs && !(nowMs > end + 2 * dayMs)) return "paused"
  return undefined
}
