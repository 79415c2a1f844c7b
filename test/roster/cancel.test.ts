import { describe, expect, it } from "vitest"
import type { Run } from "../../src/storage/contract.ts"
import { HandTimers } from "../support/exchange-world.ts"
import { codeOf, RosterWorld, type StorageName, storageNames } from "../support/roster-world.ts"

const asked = { by: "ada", why: "Wrong district" }

/** A district with changes at Clever, whose runs have a heartbeat whenever a page is asked for. */
async function changedWorld(storage: StorageName) {
  const timers = new HandTimers()
  const world = new RosterWorld({ storage, roster: { repeat: timers.repeat } })
  await world.bulk()
  world.truth()
  world.district.nextDay({ intensity: 4 })
  return { world, timers }
}

/** Resolves when everything that has begun has had its turn. */
function turns(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

/** Has another process call off the run that is at work before the n-th of these calls; returns what that came to. */
function cancelBefore(world: RosterWorld, method: string, isIt: (run: Run) => boolean = () => true) {
  const answers: unknown[] = []
  world.hooks.beforeCall = async (called, parameters) => {
    const [, given] = parameters as [unknown, Run | { run: Run }]
    if (called !== method || answers.length > 0) return
    const run = "run" in given ? given.run : given
    if (!isIt(run)) return
    answers.push("asking")
    answers[0] = await codeOf(world.another({ storage: world.plain }).cancel(run.id, asked))
  }
  return answers
}

describe.each(storageNames)("S32 cancelling, on %s", (storage) => {
  it.each(["bulk", "delta"] as const)(
    "S32 a %s run ends at the next heartbeat: nothing is changed, nothing stays staged, and it says who and why",
    async (mode) => {
      const { world, timers } = await changedWorld(storage)
      const before = await world.stored()
      const answers = cancelBefore(world, "stage")
      world.hooks.afterCall = async (method) => {
        if (method !== "stage") return
        timers.beat()
        await turns()
      }
      const run = await world[mode]()
      expect(answers).toMatchObject([{ id: run.id, state: "fetching" }])
      expect(run).toMatchObject({
        state: "cancelled",
        decision: { ...asked, at: expect.stringMatching(/^2026-/) },
        error: { code: "RUN_CANCELLED", retryable: false },
        checkpoint: null,
        version: null,
      })
      expect(run.finishedAt).not.toBeNull()
      expect((await world.history())[0]).toEqual(run)
      expect(await world.stored()).toEqual(before)
      expect(await world.plain.countStaged(run.id)).toEqual([])
      expect(await world.plain.getLease(world.districtId)).toBeUndefined()

      world.hooks.beforeCall = undefined
      world.hooks.afterCall = undefined
      const next = await world[mode]()
      expect(next).toMatchObject({ state: "applied", resumed: 0, mode })
      expect(next.id).not.toBe(run.id)
      expect(await world.stored()).toEqual(world.truth())
    },
  )

  it("S32 what is asked for between two heartbeats is noticed before the commit", async () => {
    const { world } = await changedWorld(storage)
    const before = await world.stored()
    cancelBefore(world, "saveRun", ({ state }) => state === "planned")
    const run = await world.bulk()
    expect(run.state).toBe("cancelled")
    expect(await world.stored()).toEqual(before)
  })

  it("S32 a run whose commit has begun is applied all the same", async () => {
    const { world } = await changedWorld(storage)
    const answers: unknown[] = []
    world.hooks.afterCall = async (method, parameters) => {
      const [, run] = parameters as [unknown, Run]
      if (method !== "saveRun" || run.state !== "applying") return
      answers.push(await codeOf(world.another({ storage: world.plain }).cancel(run.id, asked)))
    }
    const run = await world.bulk()
    expect(run.state).toBe("applied")
    expect(answers).toEqual(["RUN_NOT_RUNNING"])
    expect(await codeOf(world.roster.cancel(run.id, asked))).toBe("RUN_NOT_RUNNING")
    expect(await codeOf(world.roster.cancel("none", asked))).toBe("RUN_NOT_FOUND")
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S32 a plan is called off likewise", async () => {
    const { world } = await changedWorld(storage)
    cancelBefore(world, "saveRun", ({ state }) => state === "planned")
    const plan = await world.roster.plan({ districtId: world.districtId, mode: "bulk" })
    expect(plan).toMatchObject({ state: "cancelled", hash: "" })
    expect(await codeOf(world.roster.apply(plan.id, { approve: "" }))).toBe("PLAN_NOT_APPLICABLE")
  })

  it("S32 a run whose process died after somebody called it off ends when it is taken up again", async () => {
    const { world } = await changedWorld(storage)
    const abort = new AbortController()
    cancelBefore(world, "stage")
    world.hooks.afterCall = async (method) => {
      if (method === "stage") abort.abort()
    }
    const stopped = await world.bulk({ signal: abort.signal })
    expect(stopped.state).toBe("interrupted")
    expect(await codeOf(world.roster.cancel(stopped.id, asked))).toBe("RUN_NOT_RUNNING")
    const run = await world.bulk()
    expect(run).toMatchObject({ id: stopped.id, state: "cancelled", decision: asked })
    expect(await world.plain.countStaged(run.id)).toEqual([])
    expect((await world.bulk()).state).toBe("applied")
    expect(await world.stored()).toEqual(world.truth())
  })
})
