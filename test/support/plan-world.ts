import type { Plan, PlanOptions } from "../../src/roster/index.ts"
import type { GuardSettings } from "../../src/storage/contract.ts"
import { RosterWorld, type StorageName } from "./roster-world.ts"

/** SHA-256 in hexadecimal. */
export const hashForm: RegExp = /^[0-9a-f]{64}$/

export interface ChangedWorld {
  world: RosterWorld
  /** Archived, and shared again. */
  back: string
  /** No longer shared. */
  gone: string
  edited: string
  added: string
}

/** A stored roster, with somebody to create, update, archive and restore since its last import. */
export async function changedWorld(
  options: { storage?: StorageName; guards?: GuardSettings; users?: number } = {},
): Promise<ChangedWorld> {
  const { guards, ...rest } = options
  const world = new RosterWorld({ ...rest, ...(guards === undefined ? {} : { roster: { guards } }) })
  // The guards under test look at what comes after these.
  const unguarded = world.another({ guards: { archivedShare: 1, mayEmpty: true } })
  const import_ = async () => {
    world.clock.advance(1_000)
    await unguarded.sync({ districtId: world.districtId, mode: "delta" })
    world.truth()
  }
  await import_()
  const [back, gone, edited] = world.ids("user") as [string, string, string]
  world.district.unshare({ ids: [back] })
  await import_()
  // Past the day within which archives are taken together.
  world.clock.advance(25 * 3_600_000)
  world.district.unshare({ ids: [gone] })
  world.district.reshare({ ids: [back] })
  world.district.edit("user", edited, { email: "edited@d.example" })
  world.district.edit("school", world.ids("school")[0] as string, { name: "Renamed" })
  const added = world.district.add("user", { roles: { student: {} } })
  return { world, back, gone, edited, added }
}

export function planOf(world: RosterWorld, options: Partial<PlanOptions> = {}): Promise<Plan> {
  world.clock.advance(1_000)
  return world.roster.plan({ districtId: world.districtId, ...options })
}
