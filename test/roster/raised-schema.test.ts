import { describe, expect, it } from "vitest"
import { schemaVersion } from "../../src/models/index.ts"
import type { Scope } from "../../src/models/scope.ts"
import type { StagedChange } from "../../src/storage/contract.ts"
import { RosterWorld, storageNames } from "../support/roster-world.ts"
import { storedRecords } from "../support/stored-roster.ts"

/** A roster whose fingerprints were made by the rules of an earlier version, which said something else of everything. */
async function olderWorld(storage: (typeof storageNames)[number], scope?: Scope): Promise<RosterWorld> {
  const world = new RosterWorld({ storage, roster: scope === undefined ? {} : { scope } })
  world.hooks.beforeCall = (method, parameters) => {
    if (method !== "stage") return
    for (const change of (parameters[1] as { changes: StagedChange[] }).changes) {
      if (!("raw" in change)) continue
      const { raw, canonical } = change
      Object.assign(change, { raw: earlier(raw, 23), canonical: earlier(canonical, canonical.length - 8) })
    }
  }
  await world.bulk()
  world.hooks.beforeCall = undefined
  return world
}

/** What follows `until` says the scope, or how the empties were. */
function earlier(fingerprint: string, until: number): string {
  return `0${[...fingerprint.slice(1, until)].reverse().join("")}${fingerprint.slice(until)}`
}

async function fingerprints(world: RosterWorld): Promise<Set<string>> {
  const found = new Set<string>()
  for await (const { raw, canonical } of storedRecords(world.plain, world.districtId)) {
    found.add(raw.charAt(0)).add(canonical.charAt(0))
  }
  return found
}

const scope: Scope = { fields: { user: ["name"] } }
const cases = storageNames.flatMap((storage) => [
  { storage, scoped: "everything", scope: undefined },
  { storage, scoped: "a scope", scope },
])

describe.each(cases)("S11 a raised schema version, with $scoped on $storage", ({ storage, scope }) => {
  it("S11 is no change: nothing is counted or logged, and the next import finds nothing to do", async () => {
    const world = await olderWorld(storage, scope)
    expect(await fingerprints(world)).toEqual(new Set(["0"]))
    const before = await world.stored()
    const run = await world.bulk()
    expect(run.state).toBe("unchanged")
    expect(await world.changes(run)).toEqual([])
    expect(await world.stored()).toEqual(before)
    for (const { updated, created, archived, restored } of Object.values(run.counts)) {
      expect(updated + created + archived + restored).toBe(0)
    }
    expect(await fingerprints(world)).toEqual(new Set([schemaVersion.toString(36)]))
    let staged = 0
    world.hooks.beforeCall = (method, parameters) => {
      if (method === "stage") staged += (parameters[1] as { changes: unknown[] }).changes.length
    }
    expect((await world.bulk()).state).toBe("unchanged")
    expect(staged).toBe(0)
  })

  it("S11 what did change is a change, and that alone: by listing, in any order, and by events", async () => {
    for (const way of ["bulk", "unsorted", "delta"] as const) {
      const world = await olderWorld(storage, scope)
      const [id = ""] = world.ids("user")
      world.district.edit("user", id, { name: { first: "New", last: "Name" } })
      if (way === "unsorted") world.source.alterItems = (_, items) => items.toReversed()
      const run = await world[way === "delta" ? "delta" : "bulk"]()
      expect(run.state, way).toBe("applied")
      expect((await world.changes(run)).map((change) => [change.id, change.action])).toEqual([[id, "update"]])
    }
  })
})
