import { describe, expect, it } from "vitest"
import type { GuardSettings, Run } from "../../src/storage/contract.ts"
import { changedWorld, planOf } from "../support/plan-world.ts"
import { codeOf, hourMs, type RosterWorld, storageNames } from "../support/roster-world.ts"

/** Not one record may be archived without somebody's consent. */
const noArchives: GuardSettings = { archivedShare: 0, atLeast: 1 }
const riskyOnly: GuardSettings = { ...noArchives, onHold: "risky-only" }

/** What was decided by whom, or the code of the refusal. */
async function outcome(work: Promise<Run>): Promise<string> {
  const result = await codeOf(work)
  return typeof result === "string" ? result : (result as Run).state
}

const decisions = {
  apply: (world: RosterWorld, { id, hash }: { id: string; hash: string }, waitMs: number) =>
    world.another().apply(id, { approve: hash, by: "ada", waitMs }),
  approve: (world: RosterWorld, { id, hash }: { id: string; hash: string }, waitMs: number) =>
    world.another().approve(id, { by: "bob", why: "fine", hash, waitMs }),
  discard: (world: RosterWorld, { id }: { id: string; hash: string }, waitMs: number) =>
    world.another().discard(id, { by: "eve", why: "wrong", waitMs }),
}
type Decision = keyof typeof decisions

describe.each(storageNames)("S16 S21 two who decide at once, on %s", (storage) => {
  it.each([
    ["apply", "discard"],
    ["discard", "apply"],
    ["approve", "discard"],
    ["apply", "apply"],
    ["discard", "discard"],
    ["approve", "approve"],
  ] as [Decision, Decision][])("S16 S21 %s and %s: one decides, the other is told so", async (one, other) => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world)
    const before = await world.stored()
    const states = await Promise.all([one, other].map((name) => outcome(decisions[name](world, plan, 0))))
    expect(states.filter((state) => state === "SYNC_IN_PROGRESS")).toHaveLength(1)
    const [decided] = states.filter((state) => state !== "SYNC_IN_PROGRESS")
    const run = await world.roster.run(plan.id)
    expect(run.state).toBe(decided)
    expect(await world.stored()).toEqual(decided === "applied" ? world.truth() : before)
  })

  it.each([
    ["apply", "discard", "PLAN_NOT_APPLICABLE"],
    ["discard", "apply", "PLAN_NOT_APPLICABLE"],
    ["apply", "apply", "PLAN_NOT_APPLICABLE"],
    ["approve", "approve", "RUN_TRANSITION_INVALID"],
    ["approve", "discard", "discarded"],
    ["approve", "apply", "applied"],
  ] as [Decision, Decision, string][])(
    "S16 S21 %s, while %s waits for it: %s",
    async (one, other, second) => {
      const { world } = await changedWorld({ storage })
      const plan = await planOf(world)
      const before = await world.stored()
      let later: Promise<string> | undefined
      world.hooks.afterCall = (method) => {
        if (method !== "acquireLease" || later !== undefined) return
        later = outcome(decisions[other](world, plan, 60_000))
      }
      const first = await outcome(decisions[one](world, plan, 0))
      world.hooks.afterCall = undefined
      expect(first).toBe({ apply: "applied", approve: "approved", discard: "discarded" }[one])
      expect(await later).toBe(second)
      const { state, approval, decision } = await world.roster.run(plan.id)
      expect(state).toBe(/^[A-Z]/.test(second) ? first : second)
      // Whoever was first is named; nobody's word is replaced by another's.
      expect(approval?.by).toBe(one === "approve" ? "bob" : one === "apply" ? "ada" : undefined)
      expect(decision?.by).toBe(state === "discarded" ? "eve" : undefined)
      expect(await world.stored()).toEqual(state === "applied" ? world.truth() : before)
    },
  )
})

describe.each(storageNames)("S15 S16 what was held stays on record, on %s", (storage) => {
  it("S15 S16 the holds of a plan and of an import go with it through every decision", async () => {
    for (const decide of ["apply", "discard", "expire"] as const) {
      for (const purpose of ["plan", "import"] as const) {
        const { world } = await changedWorld({ storage, guards: noArchives })
        const { districtId } = world
        const { id } = purpose === "plan" ? await world.roster.plan({ districtId }) : await world.delta()
        const { holds, state } = await world.roster.run(id)
        expect(state).toBe("held")
        expect(holds.map(({ code }) => code)).toContain("archived-ratio")
        const { hash } = await world.roster.openPlan(id)
        const approved = await world.roster.approve(id, { by: "ada", why: "fine" })
        expect(approved.holds).toEqual(holds)
        if (decide === "apply") await world.roster.apply(id, { approve: hash })
        if (decide === "discard") await world.roster.discard(id, { by: "bob", why: "no" })
        if (decide === "expire") {
          world.clock.advance(72 * hourMs)
          await world.bulk()
        }
        const end = { apply: "applied", discard: "discarded", expire: "expired" }[decide]
        expect(await world.plain.getRun(id)).toMatchObject({ state: end, holds, approval: { by: "ada" } })
      }
    }
  })

  it("S15 S16 archives split off under risky-only: another hash is refused, and so is one too late", async () => {
    const { world, gone } = await changedWorld({ storage, guards: riskyOnly })
    const rest = await world.delta()
    const held = (await world.history()).find(({ splitFrom }) => splitFrom === rest.id)
    const id = held?.id ?? ""
    expect(held).toMatchObject({ state: "held", holds: rest.holds })
    const { hash } = await world.roster.openPlan(id)
    const other = hash.replace(/^./, (first) => (first === "0" ? "1" : "0"))
    expect(await codeOf(world.roster.apply(id, { approve: other }))).toBe("PLAN_HASH_MISMATCH")
    expect(await codeOf(world.roster.approve(id, { by: "ada", why: "", hash: other }))).toBe(
      "PLAN_HASH_MISMATCH",
    )
    await world.roster.approve(id, { by: "ada", why: "fine", hash })
    // An import of the same meanwhile leaves what was approved alone.
    await world.delta()
    expect((await world.roster.run(id)).state).toBe("approved")
    world.clock.advance(72 * hourMs)
    expect(await codeOf(world.roster.apply(id, { approve: hash }))).toBe("PLAN_EXPIRED")
    expect((await world.stored()).get(`user ${gone}`)?.state).toBe("active")
    const again = await world.delta()
    expect(again).toMatchObject({ state: "held", counts: { user: { archived: 1 } } })
    await world.roster.approve(again.id, { by: "ada", why: "fine" })
    await world.roster.discard(again.id, { by: "bob", why: "on second thoughts" })
    expect(await codeOf(world.roster.apply(again.id, { approve: again.plan?.hash ?? "" }))).toBe(
      "PLAN_NOT_APPLICABLE",
    )
    expect((await world.stored()).get(`user ${gone}`)?.state).toBe("active")
  })
})
