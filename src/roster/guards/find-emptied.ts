import type { Counts, RosterStorage, Run } from "../../storage/contract.ts"
import { keysOf, stagedChanges } from "./archive-tally.ts"

export interface EmptiedQuery {
  storage: RosterStorage
  run: Run
  /** What the run does to people. */
  counts: Counts
  /** Schools all of whose people it archives. */
  schools: ReadonlySet<string>
  /** Roles, with how many people stay in each unless the run takes it from them. */
  roles: ReadonlyMap<string, number>
}

/**
 * Of these schools and roles those that end up empty: nobody comes to them in the same run, and whoever was left in a
 * role loses it. Reads the people whom the run creates, updates or restores, until no question is left.
 */
export async function findEmptied(
  query: EmptiedQuery,
): Promise<{ schools: ReadonlySet<string>; roles: ReadonlySet<string> }> {
  const { storage, run, counts } = query
  const schools = new Set(query.schools)
  const roles = new Map(query.roles)
  if (counts.created + counts.updated + counts.restored > 0 && schools.size + roles.size > 0) {
    const actions = ["create", "update", "restore"] as const
    for await (const { action, before, after } of stagedChanges(storage, {
      runId: run.id,
      kind: "user",
      actions,
    })) {
      const is = keysOf("user", after)
      const had = action === "update" ? keysOf("user", before).roles : []
      for (const school of is.schools) schools.delete(school)
      for (const role of is.roles) if (!had.includes(role)) roles.delete(role)
      for (const role of had) {
        const left = roles.get(role)
        if (left !== undefined && !is.roles.includes(role)) roles.set(role, left - 1)
      }
      if (schools.size + roles.size === 0) break
    }
  }
  return { schools, roles: new Set([...roles].filter(([, left]) => left <= 0).map(([role]) => role)) }
}
