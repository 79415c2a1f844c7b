import { describe, expect, it } from "vitest"
import { forgetUser } from "../../src/exchange/index.ts"
import type { Repeat } from "../../src/models/index.ts"
import { forgetTarget, undeliveredFrom, withoutDeliveries } from "../../src/roster/index.ts"
import type { Run } from "../../src/storage/contract.ts"
import { AppTables } from "../support/app-tables.ts"
import { dayMs, storageNames } from "../support/roster-world.ts"
import { TargetWorld } from "../support/target-world.ts"

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe.each(storageNames)("S23 one delivery at a time (%s)", (storage) => {
  it("S23 of many that begin at once, one delivers; each change is written once", async () => {
    const world = new TargetWorld({ storage })
    await world.bulk()
    world.app.beforeCall = turn
    const { districtId } = world
    const states = await Promise.all(
      Array.from({ length: 5 }, async () => (await world.anotherDelivery().deliver({ districtId })).state),
    )
    expect(states.sort()).toEqual(["busy", "busy", "busy", "busy", "caught-up"])
    expect(world.app.written).toHaveLength(world.app.changeIds.size)
    await world.expectFollowed()
  })

  it("S23 many loops over many days: in order, and each change once", async () => {
    const world = new TargetWorld({ storage })
    await world.bulk()
    await world.deliver()
    const { districtId } = world
    world.app.beforeCall = turn
    for (let day = 0; day < 5; day++) {
      world.district.nextDay({ intensity: 3 })
      await world.delta()
      await Promise.all([1, 2, 3].map(() => world.anotherDelivery().deliver({ districtId })))
    }
    await world.deliver()
    expect(world.app.written).toHaveLength(world.app.changeIds.size)
    await world.expectAllDelivered(1)
    await world.expectFollowed()
  })
})

describe("S23 a delivery whose process is gone", () => {
  it("S23 is taken over when its claim has run out, and begins where it stood", async () => {
    const world = new TargetWorld()
    await world.bulk()
    const { districtId } = world
    world.hooks.beforeCall = (method) => {
      if (method === "writeDocuments" && world.app.calls.length >= 3) throw new Error("killed")
    }
    await expect(world.deliver()).rejects.toThrow("killed")
    world.hooks.beforeCall = undefined
    expect((await world.deliver()).state).toBe("busy")
    world.clock.advance(19_999)
    expect((await world.deliver()).state).toBe("busy")
    world.clock.advance(2)
    const written = world.app.written.length
    expect((await world.deliver()).state).toBe("caught-up")
    // The batch that was written and not noted is written again.
    const again = world.app.written
      .slice(written)
      .filter(({ changeId }) =>
        world.app.written.slice(0, written).some((earlier) => earlier.changeId === changeId),
      )
    expect(again).toHaveLength(world.app.calls[2]?.length ?? 0)
    await world.expectFollowed()
    expect(await world.plain.getDocument("deliveries", `app/${districtId}`)).toMatchObject({
      value: { claim: null, fence: 2 },
    })
  })

  it("S23 and that was only slow, is told so and writes no place any more", async () => {
    const world = new TargetWorld()
    await world.bulk()
    const { districtId } = world
    const slow = new AppTables()
    const states: string[] = []
    slow.afterCall = async () => {
      if (slow.calls.length !== 2) return
      world.clock.advance(30_000)
      states.push((await world.anotherDelivery().deliver({ districtId })).state)
    }
    states.push((await world.anotherDelivery({ target: slow }).deliver({ districtId })).state)
    expect(states).toEqual(["caught-up", "busy"])
    expect(slow.calls).toHaveLength(2)
    expect(slow.contexts.map(({ fence }) => fence)).toEqual([1, 1])
    expect(new Set(world.app.contexts.map(({ fence }) => fence))).toEqual(new Set([2]))
    // It learns of it at the latest when it notes what it did.
    expect(slow.contexts[0]?.signal.aborted).toBe(true)
    // The other one went on from the last place that was noted.
    expect(world.app.written.map(({ changeId }) => changeId)).not.toContain(slow.written[0]?.changeId)
    for (const change of slow.written) {
      if (!world.app.rows.has(`${change.kind} ${change.id}`)) {
        world.app.rows.set(`${change.kind} ${change.id}`, { state: "active", data: change.after, version: 1 })
      }
    }
    expect(world.app.rows.size).toBe((await world.stored()).size)
  })

  it("S23 keeps its claim through a long call by its heartbeat, and learns from it that it is lost", async () => {
    const world = new TargetWorld()
    await world.bulk()
    const { districtId } = world
    let beat = () => {}
    const intervals: number[] = []
    const repeat: Repeat = (work, intervalMs) => {
      beat = work
      intervals.push(intervalMs)
      return () => {
        beat = () => {}
      }
    }
    const app = new AppTables()
    const states: string[] = []
    app.beforeCall = async () => {
      if (app.calls.length !== 1) return
      for (let beats = 0; beats < 20; beats++) {
        world.clock.advance(5_000)
        beat()
        await turn()
        states.push((await world.anotherDelivery({ target: app }).deliver({ districtId })).state)
      }
    }
    const delivery = world.anotherDelivery({ target: app, repeat })
    expect((await delivery.deliver({ districtId })).state).toBe("caught-up")
    expect(new Set(states)).toEqual(new Set(["busy"]))
    expect(states).toHaveLength(20)
    expect(intervals[0]).toBe(5_000)

    world.district.nextDay({ intensity: 4 })
    await world.delta()
    let aborted: boolean | undefined
    app.beforeCall = async () => {
      app.beforeCall = () => {}
      world.clock.advance(30_000)
      await world.anotherDelivery({ target: app }).deliver({ districtId })
      beat()
      await turn()
      aborted = app.contexts.find(({ fence }) => fence === 2)?.signal.aborted
    }
    expect((await delivery.deliver({ districtId })).state).toBe("busy")
    expect(aborted).toBe(true)
  })
})

describe("S23 what is kept for a target", () => {
  it("S23 S31 undeliveredFrom() is the first version whose log some target needs, dead letters included", async () => {
    const world = new TargetWorld()
    const { districtId } = world
    const from = () => undeliveredFrom(world.plain, districtId)
    await world.bulk()
    expect(await from()).toBeUndefined()
    await world.deliver()
    expect(await from()).toBe(2)
    const [id = "", other = ""] = world.ids("user")
    const change = async (ids: string[]) => {
      for (const each of ids) world.district.edit("user", each, { email: `${world.now()}@new.example` })
      await world.delta()
    }
    await change([other])
    expect(await from()).toBe(2)
    await world.deliver()
    expect(await from()).toBe(3)
    world.app.beforeChange = (each) => {
      if (each.id === id) throw new Error("no")
    }
    await change([id, other])
    await change([other])
    await world.deliver()
    expect(await from()).toBe(3)

    // A second target, in the middle of getting the roster as it is.
    const late = new AppTables("late")
    const controller = new AbortController()
    late.afterCall = () => controller.abort()
    const delivery = world.anotherDelivery({ target: late })
    await delivery.deliver({ districtId, signal: controller.signal })
    world.app.beforeChange = () => {}
    await world.delivery.replay({ all: true })
    expect(await from()).toBe(5)
    await change([id])
    await world.deliver()
    expect(await from()).toBe(5)
    await delivery.deliver({ districtId })
    expect(await from()).toBe(6)
  })

  it.each(storageNames)(
    "S23 S31 what a target still needs is not purged, however old it is (%s)",
    async (storage) => {
      const world = new TargetWorld({
        storage,
        roster: { retention: { changesDays: 1, archivedDays: 1, stagedDays: 1 } },
      })
      const { districtId } = world
      await world.bulk()
      await world.deliver()
      const [gone = "", renamed = "", refused = ""] = world.ids("user")
      world.app.beforeChange = ({ id }) => {
        if (id === refused) throw Object.assign(new Error("no"), { retryable: false })
      }
      // One record is set aside; then nothing more is delivered for a month.
      world.district.edit("user", refused, { email: "refused@new.example" })
      const refusal = await world.delta()
      await world.deliver()
      const runs: Run[] = []
      for (let day = 0; day < 30; day += 6) {
        world.district.edit("user", renamed, { email: `day-${day}@new.example` })
        if (day === 6) world.district.unshare({ ids: [gone] })
        runs.push(await world.delta())
        world.clock.advance(6 * dayMs)
        await world.bulk()
      }
      const purged = async (each: Run[]) =>
        Promise.all(each.map(async ({ id }) => (await world.roster.run(id)).changesPurgedAt !== undefined))
      expect(await purged([refusal, ...runs])).toEqual([false, false, false, false, false, false])
      expect((await world.stored()).get(`user ${gone}`)?.state).toBe("archived")
      const written = world.app.written.length
      expect(await world.deliver()).toMatchObject({ state: "caught-up", lag: { commits: 0 } })
      const since = world.app.written.slice(written).filter(({ kind }) => kind === "user")
      expect(since.filter(({ id }) => id === renamed)).toHaveLength(5)
      expect(since.filter(({ id }) => id === gone).map(({ action }) => action)).toEqual(["archive"])
      // What is set aside needs its own log, and all after it, until it is replayed.
      await world.roster.purge({ districtId })
      expect(await purged([refusal, ...runs])).toEqual([false, false, false, false, false, false])
      world.app.beforeChange = () => {}
      expect(await world.delivery.replay({ all: true })).toMatchObject({ stuck: 0, delivered: { update: 1 } })
      await world.expectFollowed()
      await world.roster.purge({ districtId })
      expect(await purged([refusal, ...runs])).toEqual([true, true, true, true, true, true])
      expect((await world.stored()).has(`user ${gone}`)).toBe(false)
    },
  )

  it("S23 a letter from the roster as it was is delivered as it was, then what happened since", async () => {
    const world = new TargetWorld()
    await world.bulk()
    const [id = ""] = world.ids("user")
    const before = world.district.record("user", id)?.email
    world.app.beforeChange = (change) => {
      if (change.id === id) throw new Error("no")
    }
    await world.deliver()
    for (const email of ["a@new.example", "b@new.example"]) {
      world.district.edit("user", id, { email })
      await world.delta()
    }
    await world.deliver()
    expect(await undeliveredFrom(world.plain, world.districtId)).toBe(2)
    world.app.beforeChange = () => {}
    world.app.written.length = 0
    await world.delivery.replay({ all: true })
    const written = world.app.written.filter((change) => change.id === id)
    expect(
      written.map(({ action, version, after }) => [action, version, (after as { email?: unknown }).email]),
    ).toEqual([
      ["create", 1, before],
      ["update", 2, "a@new.example"],
      ["update", 3, "b@new.example"],
    ])
    await world.expectFollowed()
  })

  it.each(["method", "function"])(
    "S23 forget(): nothing is left of the target, and it begins anew (%s)",
    async (way) => {
      const world = new TargetWorld()
      const { districtId, plain } = world
      const other = new AppTables("app2")
      await world.bulk()
      await world.anotherDelivery({ target: other }).deliver({ districtId })
      world.app.beforeChange = ({ kind }) => {
        if (kind === "school") throw new Error("no")
      }
      await world.deliver()
      expect((await world.letters()).length).toBeGreaterThan(0)
      const kept = async (prefix: string) => {
        const found: string[] = []
        for (const collection of ["deliveries", "delivery-places", "dead-letters", "replay-requests"]) {
          const documents = await plain.listDocuments({ collection, prefix, limit: 1_000 })
          found.push(...documents.map(({ key }) => `${collection} ${key}`))
        }
        return found
      }
      const ofOther = await kept("app2/")
      if (way === "method") await world.delivery.forget({ districtId: "another" })
      else await forgetTarget({ storage: plain, target: "app", districtId: "another" })
      expect(await kept("app/")).not.toEqual([])
      if (way === "method") await world.delivery.forget()
      else await forgetTarget({ storage: plain, target: "app" })
      expect(await kept("app/")).toEqual([])
      expect(await kept("app2/")).toEqual(ofOther)

      world.app.beforeChange = () => {}
      world.app.rows.clear()
      world.app.enrolments.clear()
      const ids = new Set(world.app.changeIds)
      world.app.written.length = 0
      await world.deliver()
      await world.expectFollowed()
      expect(world.app.written.filter(({ changeId }) => ids.has(changeId))).toEqual([])
    },
  )

  it("S23 what a former delivery of the same target left is nobody's place", async () => {
    const world = new TargetWorld()
    const { districtId, plain } = world
    await world.bulk()
    const controller = new AbortController()
    world.app.afterCall = ([change]) => {
      if (change?.kind === "user") controller.abort()
    }
    await world.delivery.deliver({ districtId, signal: controller.signal })
    // As if it was forgotten, and begun anew at once.
    await plain.writeDocuments([{ collection: "deliveries", key: `app/${districtId}`, delete: true }])
    world.app.afterCall = () => {}
    world.app.rows.clear()
    world.app.enrolments.clear()
    await world.deliver()
    await world.expectFollowed()
  })

  it("S23 a delivery that is forgotten while it is at work stops", async () => {
    const world = new TargetWorld()
    await world.bulk()
    world.app.afterCall = async () => {
      if (world.app.calls.length === 3) await world.delivery.forget()
    }
    expect((await world.deliver()).state).toBe("busy")
    expect(world.app.calls).toHaveLength(3)
    expect(await undeliveredFrom(world.plain, world.districtId)).toBeUndefined()
  })

  it("S31 withoutDeliveries(): whoever is at work notes nothing more, and nobody begins until it is over", async () => {
    const world = new TargetWorld()
    const { districtId, plain: storage } = world
    await world.bulk()
    const pause = { storage, districtId, holder: "eraser", clock: world.now }
    const kept = async () => {
      const documents = []
      for (const collection of ["deliveries", "delivery-places", "dead-letters"]) {
        documents.push(...(await storage.listDocuments({ collection, limit: 100 })))
      }
      return documents
    }
    const states: string[] = []
    world.app.afterCall = async ([change]) => {
      if (change?.kind !== "user" || states.length > 0) return
      await withoutDeliveries(pause, async () => {
        const before = await kept()
        states.push((await world.anotherDelivery().deliver({ districtId })).state)
        expect(await kept()).toEqual(before)
      })
    }
    states.push((await world.deliver()).state)
    expect(states).toEqual(["busy", "busy"])
    // What it wrote last is of before the pause.
    expect((await storage.getDocument("delivery-places", `app/${districtId}`))?.subjects).toHaveLength(1)
    expect(world.app.written.at(-1)?.kind).toBe("user")
    const names = JSON.stringify(await kept())
    expect(names).not.toContain(world.app.written.at(-1)?.id)

    await expect(withoutDeliveries(pause, () => Promise.reject(new Error("no")))).rejects.toThrow("no")
    expect((await world.deliver()).state).toBe("caught-up")
    await world.expectFollowed()
    expect(await withoutDeliveries({ ...pause, districtId: "another" }, async () => 7)).toBe(7)
  })

  it.each(storageNames)(
    "S31 who is forgotten while a delivery has them at hand stays forgotten (%s)",
    async (storage) => {
      const world = new TargetWorld({ storage })
      const { districtId, plain } = world
      await world.bulk()
      const id = world.ids("user").at(-1) ?? ""
      const forget = { storage: plain, id, districtId, by: "test", clock: world.now }
      const proofs: object[] = []
      world.app.afterCall = async (changes) => {
        if (proofs.length > 0 || !changes.some((change) => change.id === id)) return
        proofs.push((await forgetUser(forget)).traces)
        // What it fails with must not be noted either.
        throw Object.assign(new Error("no"), { retryable: false })
      }
      expect((await world.deliver()).state).toBe("busy")
      expect(proofs).toEqual([{}])
      expect(await plain.countTraces(id)).toEqual({})

      const written = world.app.written.length
      expect((await world.deliver()).state).toBe("caught-up")
      expect(await plain.countTraces(id)).toEqual({})
      expect(world.app.written.slice(written).map((change) => change.id)).not.toContain(id)
      expect(world.app.rows.size - 1).toBe((await world.stored()).size)
    },
  )

  it.each(storageNames)(
    "S31 a letter goes with whom it is about, and what it blocked is free (%s)",
    async (storage) => {
      const world = new TargetWorld({ storage })
      const { districtId, plain } = world
      await world.bulk()
      await world.deliver()
      const [section] = world.district.records("section")
      const sectionId = String(section?.id)
      const { school } = section as { school: string }
      const roles = { student: { school, schools: [school] } }
      const id = world.district.add("user", { name: { first: "New", last: "Pupil" }, roles })
      world.district.edit("section", sectionId, (record) => {
        record.students = [...(record.students as string[]), id]
      })
      await world.delta()
      world.app.beforeChange = (change) => {
        if (change.id === id) throw Object.assign(new Error("no"), { retryable: false })
      }
      expect(await world.deliver()).toMatchObject({ stuck: 1, blocked: 1 })
      await forgetUser({ storage: plain, id, districtId, by: "test", clock: world.now })
      expect(await plain.countTraces(id)).toEqual({})
      expect((await world.letters()).map(({ state, recordId }) => [state, recordId])).toEqual([
        ["blocked", sectionId],
      ])
      expect(await world.delivery.replay({ all: true })).toMatchObject({
        stuck: 0,
        blocked: 0,
        delivered: { update: 1 },
      })
      const last = world.app.written.at(-1)
      expect(last).toMatchObject({ id: sectionId, action: "update" })
      expect(JSON.stringify(last)).not.toContain(id)
      await world.expectFollowed()
    },
  )

  it("S31 what a place or a letter tells of a record goes with it, and the step begins anew", async () => {
    const world = new TargetWorld()
    const { districtId, plain } = world
    await world.bulk()
    const controller = new AbortController()
    world.app.afterCall = ([change]) => {
      if (change?.kind === "user") controller.abort()
    }
    await world.delivery.deliver({ districtId, signal: controller.signal })
    const last = world.app.calls.at(-1)?.at(-1)
    const documents = [...(await plain.listDocuments({ collection: "deliveries", limit: 10 }))]
    expect(JSON.stringify(documents)).not.toContain(last?.id)
    const [place] = await plain.listDocuments({ collection: "delivery-places", limit: 10 })
    expect(place?.subjects).toEqual([last?.id])
    await plain.writeDocuments([{ collection: "delivery-places", key: place?.key ?? "", delete: true }])
    world.app.afterCall = () => {}
    await world.deliver()
    await world.expectFollowed()
    const users = world.app.written.filter(({ kind }) => kind === "user")
    expect(users.length).toBe(
      new Set(users.map(({ id }) => id)).size +
        (world.app.calls.find(([change]) => change?.kind === "user")?.length ?? 0),
    )
  })
})
