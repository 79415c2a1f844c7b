import { describe, expect, it } from "vitest"
import { AccountMatching } from "../../src/entries/accounts.ts"
import {
  AuditLog,
  approveRun,
  Connections,
  cancelRun,
  decideReview,
  discardRun,
  type MatchOutcome,
  undoRun,
} from "../../src/entries/exchange.ts"
import type { Run, User } from "../../src/index.ts"
import { changedWorld, planOf } from "../support/plan-world.ts"
import { codeOf, RosterWorld, type StorageName, storageNames } from "../support/roster-world.ts"

/** A district with changes at Clever, and all that it takes to decide on them. */
async function startWorld(storage: StorageName) {
  const changed = await changedWorld({ storage })
  const { world } = changed
  const audit = new AuditLog({ storage: world.plain, clock: world.now })
  const entries = async () =>
    (await audit.list({ districtId: world.districtId })).entries.map(({ action, by, details }) => ({
      action,
      by,
      details,
    }))
  return { ...changed, audit, entries, about: { roster: world.roster, audit, by: "ada" } }
}

describe.each(storageNames)("deciding on runs, on %s", (storage) => {
  it("applies what was approved by its hash, enters who did it, and matches whom it brought", async () => {
    const { world, added, entries, about } = await startWorld(storage)
    const plan = await planOf(world)
    const list = async function* () {
      yield { accountId: "a1", cleverId: added }
    }
    const matching = new AccountMatching({ storage: world.plain, accounts: { list }, clock: world.now })
    const outcomes: MatchOutcome[] = []
    const asked = {
      ...about,
      runId: plan.id,
      matching,
      onMatched: (outcome: MatchOutcome) => void outcomes.push(outcome),
    }
    expect(await codeOf(approveRun({ ...asked, hash: "0".repeat(64) }))).toBe("PLAN_HASH_MISMATCH")
    expect(await entries()).toEqual([])
    const run = await approveRun({ ...asked, hash: plan.hash, why: "Looks right" })
    expect(run).toMatchObject({ state: "applied", approval: { by: "ada", why: "Looks right" } })
    expect(await entries()).toEqual([
      { action: "run-approved", by: "ada", details: { runId: plan.id, hash: plan.hash } },
    ])
    expect(outcomes).toMatchObject([{ state: "matched" }])
    expect((await world.plain.listLinks({ limit: 5 })).map(({ cleverId }) => cleverId)).toEqual([added])
  })

  it("calls off what is at work, once it has begun and not after it has ended", async () => {
    const { world, entries, about } = await startWorld(storage)
    let asked: unknown
    world.hooks.afterCall = async (method, parameters) => {
      if (method !== "saveRun" || asked !== undefined) return
      const { id: runId } = parameters[1] as Run
      asked = "asking"
      asked = await cancelRun({ ...about, runId, why: "Wrong district" })
    }
    const run = await world.bulk()
    expect(asked).toMatchObject({ id: run.id, state: "fetching" })
    expect(run).toMatchObject({ state: "cancelled", decision: { by: "ada", why: "Wrong district" } })
    expect(await entries()).toEqual([{ action: "run-cancelled", by: "ada", details: { runId: run.id } }])
    expect(await codeOf(cancelRun({ ...about, runId: run.id }))).toBe("RUN_NOT_RUNNING")
    expect(await entries()).toHaveLength(1)
  })

  it("discards, once", async () => {
    const { world, entries, about } = await startWorld(storage)
    const { id: runId } = await planOf(world)
    expect(await discardRun({ ...about, runId })).toMatchObject({
      state: "discarded",
      decision: { by: "ada" },
    })
    expect(await codeOf(discardRun({ ...about, runId }))).toBe("PLAN_NOT_APPLICABLE")
    expect(await entries()).toEqual([{ action: "run-discarded", by: "ada", details: { runId } }])
  })

  it("does nothing and enters nothing once it is called off, be it while it waits for an import", async () => {
    const { world, entries, about } = await startWorld(storage)
    const plan = await planOf(world)
    const connections = new Connections({ storage: world.plain, clever: noDirectory, clock: world.now })
    const [applied] = (await world.roster.historyPage({ states: ["applied"] })).runs
    const calledOff = { ...about, runId: plan.id, signal: AbortSignal.abort() }
    expect(await codeOf(approveRun({ ...calledOff, hash: plan.hash }))).toBe("ABORTED")
    expect(await codeOf(discardRun(calledOff))).toBe("ABORTED")
    expect(await codeOf(undoRun({ ...calledOff, runId: applied?.id ?? "", connections }))).toBe("ABORTED")
    const { districtId } = world
    await world.plain.acquireLease({ districtId, holder: "another", ttlMs: 60_000 })
    expect(await codeOf(discardRun({ ...calledOff, waitMs: 30_000 }))).toBe("ABORTED")
    expect(await codeOf(world.roster.purge({ districtId, waitMs: 30_000, signal: calledOff.signal }))).toBe(
      "ABORTED",
    )
    expect(await world.roster.run(plan.id)).toMatchObject({ state: "planned" })
    expect(await entries()).toEqual([])
  })

  it("takes back, and tells of the pause as well", async () => {
    const { world, entries, about } = await startWorld(storage)
    const connections = new Connections({ storage: world.plain, clever: noDirectory, clock: world.now })
    const run = await world.delta()
    const {
      undone,
      skipped,
      run: undo,
    } = await undoRun({ ...about, connections, runId: run.id, why: "Wrong" })
    expect({ undone: undone > 0, skipped }).toEqual({ undone: true, skipped: 0 })
    const told = await entries()
    expect(told).toContainEqual({
      action: "run-undone",
      by: "ada",
      details: { runId: run.id, undo: undo.id, undone, skipped },
    })
    expect(told.map(({ action }) => action)).toContain("connection-paused")
    expect(await codeOf(undoRun({ ...about, connections, runId: "none" }))).toBe("RUN_NOT_FOUND")
    expect(await entries()).toEqual(told)
  })
})

describe.each(storageNames)("deciding reviews, on %s", (storage) => {
  it("enters who decided what", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const user = (world.district.records("user") as unknown as User[]).find(
      ({ roles }) => roles?.student?.sis_id,
    ) as User
    const sisId = String(user.roles?.student?.sis_id)
    const list = async function* () {
      yield { accountId: "a1", sisId }
      yield { accountId: "a2", sisId }
    }
    const matching = new AccountMatching({ storage: world.plain, accounts: { list }, clock: world.now })
    await matching.match({ districtId: world.districtId })
    const reviewId = `${world.districtId}:account:${user.id}`
    const audit = new AuditLog({ storage: world.plain, clock: world.now })
    const decide = (link: string) => decideReview({ matching, audit, reviewId, choice: { link, by: "ada" } })
    expect(await codeOf(decide("a3"))).toBe("INVALID_OPTIONS")
    expect(await decide("a2")).toMatchObject({ state: "linked" })
    expect((await audit.list()).entries).toMatchObject([
      { action: "review-decided", by: "ada", details: { reviewId, state: "linked", link: "a2" } },
    ])
  })
})

const noDirectory = {
  async *districts(): AsyncGenerator<never> {
    yield* []
  },
}
