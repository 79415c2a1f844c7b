import { describe, expect, it } from "vitest"
import type { AccountMatching } from "../../src/entries/accounts.ts"
import {
  Connections,
  type ImportOptions,
  importDistrict,
  type MatchOutcome,
  matchImported,
} from "../../src/entries/exchange.ts"
import type { User } from "../../src/index.ts"
import { MatchingWorld } from "../roster/matching/matching-world.ts"
import { storageNames } from "../support/roster-world.ts"

/** A district with an active connection, imported through it. */
async function start(storage: (typeof storageNames)[number]): Promise<{
  world: MatchingWorld
  run: (options?: Partial<ImportOptions>) => ReturnType<typeof importDistrict>
  outcomes: MatchOutcome[]
}> {
  const world = await MatchingWorld.start({ storage })
  const { districtId } = world
  const mode = "sso+provisioning"
  await world.storage.saveConnection({ districtId, name: "", mode, state: "active", steps: [], settings: {} })
  const clever = { districts: () => Promise.reject(new Error("Clever was asked")) } as never
  const connections = new Connections({ storage: world.storage, clever })
  const outcomes: MatchOutcome[] = []
  const run = (options: Partial<ImportOptions> = {}) => {
    world.roster.clock.advance(1_000)
    const { roster } = world.roster
    const onMatched = (outcome: MatchOutcome) => outcomes.push(outcome)
    return importDistrict({
      connections,
      roster,
      districtId,
      matching: world.matching,
      onMatched,
      ...options,
    })
  }
  return { world, run, outcomes }
}

describe.each(storageNames)("S26 S27 an import with matching, on %s", (storage) => {
  it("S26 S27 matches whom it has brought, once it is applied, and tells of it apart from the run", async () => {
    const { world, run, outcomes } = await start(storage)
    await run()
    const user = world.someone("student", "sis_id")
    world.accounts.push({ accountId: "a1", sisId: "new" })
    const newcomer = world.twin("student", "sis_id", "new")
    world.roster.district.reissueIds({ ids: [user.id] })
    outcomes.length = 0
    expect(await run()).toMatchObject({ state: "applied" })
    expect(outcomes).toMatchObject([
      { state: "matched", result: { scope: "newcomers", subjects: 2, linked: 1, reissued: 1 } },
    ])
    expect(await world.links()).toEqual({ [newcomer]: "a1" })
    expect(await run()).toMatchObject({ state: "unchanged" })
    expect(outcomes).toMatchObject([{}, { state: "matched", result: { subjects: 0, linked: 0 } }])
  })

  it("S26 a matching that fails leaves the run as it is, and the next import makes up for it", async () => {
    const { world, run, outcomes } = await start(storage)
    await run()
    world.accounts.push({ accountId: "a1", sisId: "new" })
    const newcomer = world.twin("student", "sis_id", "new")
    outcomes.length = 0
    const failure = new Error("the app's database is away")
    // biome-ignore lint/correctness/useYield: it fails before it gives anything
    const list = async function* () {
      throw failure
    }
    const applied = await run({ matching: world.another({ accounts: { list } }) })
    expect(applied).toMatchObject({ state: "applied", counts: { user: { created: 1 } } })
    expect(await world.storage.getRun(applied.id)).toEqual(applied)
    expect(outcomes).toEqual([{ state: "failed", code: "INTERNAL", error: failure }])
    expect(await world.links()).toEqual({})
    expect(await run()).toMatchObject({ state: "unchanged" })
    expect(await world.links()).toEqual({ [newcomer]: "a1" })
  })

  it("S26 nothing is matched after an import that was held, or without a matching", async () => {
    const { world, run, outcomes } = await start(storage)
    world.roster.source.alterItems = (kind, items) =>
      kind === "user" ? items.map((item) => item.replaceAll(world.districtId, "another")) : items
    expect(await run({ mode: "bulk" })).toMatchObject({ state: "held" })
    expect(outcomes).toEqual([])
    world.roster.source.alterItems = (_, items) => items
    expect(await run({ mode: "bulk", matching: undefined as unknown as AccountMatching })).toMatchObject({
      state: "unchanged",
    })
    expect(outcomes).toEqual([])
    expect(world.listed).toBe(0)
  })

  it("S26 whom an undo brings back is matched like anybody", async () => {
    const { world, run } = await start(storage)
    const [user] = world.some("student", "sis_id") as [User]
    await run()
    world.account("a1", user, "student", "sis_id")
    world.roster.district.unshare({ ids: [user.id] })
    const gone = await run()
    world.roster.clock.advance(1_000)
    await world.roster.roster.undo(gone.id, { by: "ada" })
    const outcome = await matchImported({ matching: world.matching, districtId: world.districtId })
    expect(outcome).toMatchObject({ state: "matched", result: { subjects: 1, linked: 1 } })
    expect(await world.links()).toEqual({ [user.id]: "a1" })
  })
})
