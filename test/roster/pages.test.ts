import { describe, expect, it } from "vitest"
import { HomeroomError, kinds, type RecordPosition, type RunState } from "../../src/index.ts"
import type { User } from "../../src/models/index.ts"
import type { JsonObject } from "../../src/simulator/index.ts"
import { changedWorld, planOf } from "../support/plan-world.ts"
import { codeOf, dayMs, hourMs, RosterWorld, storageNames } from "../support/roster-world.ts"

describe.each(storageNames)("pages of the history, on %s", (storage) => {
  it("hold all runs once, newest first, and go on from one to the next", async () => {
    const world = new RosterWorld({ storage, users: 20 })
    for (let at = 0; at < 7; at++) {
      world.district.nextDay()
      await (at % 3 === 0 ? world.bulk() : world.delta())
    }
    const all = await world.history()
    const ids: string[] = []
    for (let before: string | undefined; ; ) {
      const { runs, next } = await world.roster.historyPage({ after: before, limit: 3 })
      ids.push(...runs.map(({ id }) => id))
      if (next === null) break
      expect(runs).toHaveLength(3)
      before = next
    }
    expect(ids).toEqual(all.map(({ id }) => id))
    const bulks = await world.roster.historyPage({ districtId: world.districtId, modes: ["bulk"] })
    expect(bulks.runs.map(({ id }) => id)).toEqual(
      all.filter(({ mode }) => mode === "bulk").map(({ id }) => id),
    )
    expect(bulks.next).toBeNull()
    expect(await world.roster.historyPage({ districtId: "58a1000000000000000000ff" })).toEqual({
      runs: [],
      next: null,
    })
    expect(await codeOf(world.roster.historyPage({ after: "none" }))).toBe("RUN_NOT_FOUND")
  })

  it("tell states as they are now: what nobody decided on in time, and what died", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world)
    const idsIn = async (...states: RunState[]) =>
      (await world.roster.historyPage({ states })).runs.map(({ id }) => id)
    expect(await idsIn("planned")).toEqual([plan.id])
    expect(await idsIn("expired", "failed")).toEqual([])
    world.clock.advance(73 * hourMs)
    expect(await idsIn("planned")).toEqual([])
    expect(await idsIn("expired")).toEqual([plan.id])

    world.hooks.beforeCall = (method) => {
      if (method === "commit") throw new HomeroomError("STORAGE_FULL", { message: "gone" })
    }
    await codeOf(world.bulk())
    world.hooks.beforeCall = () => {}
    const [last] = await world.history()
    expect(await idsIn("failed")).toEqual([last?.id])
  })
})

describe.each(storageNames)("pages of changes, on %s", (storage) => {
  it("hold every change once, in order, whatever their size; by kind and action as well", async () => {
    const world = new RosterWorld({ storage })
    const run = await world.bulk()
    const all = await world.changes(run)
    const read = async (limit: number, filter = {}) => {
      const changes = []
      for (let after: RecordPosition | undefined; ; ) {
        const page = await world.roster.changePage(run.id, { ...filter, after, limit })
        changes.push(...page.changes)
        if (page.next === null) return changes
        expect(page.changes).toHaveLength(limit)
        after = page.next
      }
    }
    for (const limit of [1, 7, all.length, all.length + 1]) expect(await read(limit)).toEqual(all)
    for (const kind of kinds) {
      expect(await read(10, { kind })).toEqual(all.filter((change) => change.kind === kind))
    }
    expect(await read(10, { action: "archive" })).toEqual([])
    expect(await read(10, { kind: "user", action: "create" })).toEqual(
      all.filter(({ kind }) => kind === "user"),
    )
  })

  it("read no more of the log than they show", async () => {
    const world = new RosterWorld({ storage })
    const run = await world.bulk()
    let read = 0
    world.hooks.afterCall = (method, [query]) => {
      if (method === "listChanges") read += (query as { limit: number }).limit
    }
    await world.roster.changePage(run.id, { limit: 10, after: { kind: "user", id: "5" } })
    expect(read).toBe(11)
  })

  it("are refused for an unknown run, and where the changes were purged", async () => {
    const world = new RosterWorld({ storage, roster: { retention: { changesDays: 1 } } })
    const { id: first } = await world.bulk()
    world.district.nextDay()
    world.clock.advance(3 * dayMs)
    await world.bulk()
    expect(await codeOf(world.roster.changePage(first))).toBe("RUN_CHANGES_PURGED")
    expect(await codeOf(world.roster.findChanges(first, { text: "1" }))).toBe("RUN_CHANGES_PURGED")
    expect(await codeOf(world.roster.changePage("none"))).toBe("RUN_NOT_FOUND")
    expect(await codeOf(world.roster.findChanges("none", { text: "1" }))).toBe("RUN_NOT_FOUND")
  })

  it("are found by Clever id and by sis_id, those of before and of a plan included", async () => {
    const { world, gone, edited, added, back } = await changedWorld({ storage })
    const sisIdOf = (id: string) => {
      const { roles } = world.district.record("user", id) as unknown as User
      return Object.values(roles ?? {}).flatMap((role) => (role as { sis_id?: string }).sis_id ?? [])[0]
    }
    world.district.edit("user", added, { roles: { student: { sis_id: "brand new" } } })
    const former = sisIdOf(edited)
    const [role] = Object.keys((world.district.record("user", edited) as unknown as User).roles ?? {})
    world.district.edit("user", edited, { roles: { [role as string]: { sis_id: "other" } } })
    const plan = await planOf(world)
    const found = async (runId: string, text: string) =>
      (await world.roster.findChanges(runId, { text })).changes.map(({ id, action }) => `${action} ${id}`)
    const check = async (runId: string) => {
      expect(await found(runId, gone)).toEqual([`archive ${gone}`])
      expect(await found(runId, back)).toEqual([`restore ${back}`])
      expect(await found(runId, edited)).toEqual([`update ${edited}`])
      expect(await found(runId, "other")).toEqual([`update ${edited}`])
      if (former !== undefined) expect(await found(runId, former)).toEqual([`update ${edited}`])
      expect(await found(runId, "brand new")).toEqual([`create ${added}`])
      expect(await found(runId, "nobody's")).toEqual([])
    }
    await check(plan.id)
    await world.roster.apply(plan.id, { approve: plan.hash })
    await check(plan.id)
  })

  it("are found a part at a time where the log must be read", async () => {
    const world = new RosterWorld({ storage })
    for (const record of world.district.records("section")) {
      world.district.edit("section", String(record.id), { sis_id: "the same" })
    }
    const count = world.ids("section").length
    const plan = await planOf(world)
    const ids: string[] = []
    for (let after: RecordPosition | undefined; ; ) {
      const { changes, next } = await world.roster.findChanges(plan.id, { text: "the same", after, limit: 4 })
      ids.push(...changes.map(({ id }) => id))
      if (next === null) break
      after = next
    }
    expect(ids).toEqual(world.ids("section").sort())
    expect(ids).toHaveLength(count)
  })
})

describe.each(storageNames)("pages of rejected records, on %s", (storage) => {
  it("hold each once, without ids that nobody could read", async () => {
    const world = new RosterWorld({ storage, users: 100 })
    const bad = new Set(world.ids("user").slice(10, 14))
    world.source.alterItems = (_, items) =>
      items.map((item) => {
        const { id, ...record } = JSON.parse(item) as JsonObject
        if (!bad.has(String(id))) return item
        return JSON.stringify(id === [...bad][0] ? record : { ...record, id, district: "0".repeat(24) })
      })
    const run = await world.bulk()
    const all = []
    for await (const rejection of world.roster.rejections(run.id)) all.push(rejection)
    expect(all).toHaveLength(4)
    const read = []
    for (let after: { kind: (typeof kinds)[number]; id: string } | undefined; ; ) {
      const page = await world.roster.rejectionPage(run.id, { after, limit: 2 })
      read.push(...page.rejections)
      if (page.next === null) break
      after = page.next
    }
    expect(read).toEqual(all)
    expect(read.filter(({ id }) => id === null)).toHaveLength(1)
  })
})
