import { describe, expect, it } from "vitest"
import type { Section, User } from "../../src/models/index.ts"
import { type TargetChange, TargetDelivery } from "../../src/roster/index.ts"
import { AppTables, wholeLog } from "../support/app-tables.ts"
import { codeOf, storageNames } from "../support/roster-world.ts"
import { meaningOf, TargetWorld } from "../support/target-world.ts"

describe.each(storageNames)("S23 what a target gets (%s)", (storage) => {
  it("S23 the roster, then every change, each commit in dependency order", async () => {
    const world = new TargetWorld({ storage, users: 120 })
    await world.bulk()
    expect(await world.deliver()).toMatchObject({ state: "caught-up", stuck: 0, blocked: 0, waiting: [] })
    await world.expectFollowed()
    const [contact] = world.ids("user").filter((id) => world.roleOf(id, "contact"))
    expect(contact).toBeDefined()

    const first = (await world.plain.getDistrict(world.districtId)).version
    for (let day = 0; day < 6; day++) {
      world.district.nextDay({ intensity: 3 })
      if (day === 1) world.district.unshare({ schools: world.ids("school").slice(0, 1) })
      if (day === 2) world.district.unshare({ roles: ["contact"] })
      if (day === 3) world.district.reshare({ everything: true })
      if (day === 4) world.district.rollover({ mode: "replace" })
      await world.delta()
      if (day !== 2) expect(await world.deliver()).toMatchObject({ state: "caught-up" })
    }
    await world.expectFollowed()
    await world.expectAllDelivered(first)
    const actions = new Set(world.app.calls.map(([change]) => change?.action))
    expect([...actions].sort()).toEqual(["archive", "create", "restore", "update"])
  })

  it("S23 batches of one kind and action, as full as they can be, in ascending id", async () => {
    const world = new TargetWorld({ storage, users: 100, delivery: { batchSize: 15 } })
    await world.bulk()
    await world.deliver()
    const sizes = new Map<string, number[]>()
    for (const changes of world.app.calls) {
      expect(new Set(changes.map(({ kind, action }) => `${action} ${kind}`)).size).toBe(1)
      const ids = changes.map(({ id }) => id)
      expect(ids).toEqual([...ids].sort())
      const people = changes.every((change) => isContact(change)) ? "contacts" : "others"
      const step = changes[0]?.kind === "user" ? people : String(changes[0]?.kind)
      sizes.set(step, [...(sizes.get(step) ?? []), changes.length])
    }
    expect([...sizes.keys()].slice(0, 2)).toEqual(["district", "school"])
    for (const [step, counts] of sizes) {
      expect(counts.slice(0, -1), step).toEqual(Array(counts.length - 1).fill(15))
    }
  })

  it("S23 of each change what was and what is, who joined and who left, its run and its version", async () => {
    const world = new TargetWorld({ storage })
    const run = await world.bulk()
    await world.deliver()
    const [created] = world.app.written.filter(({ kind }) => kind === "user")
    expect(created).toMatchObject({ action: "create", runId: null, version: 1, before: null })

    const [section] = world.district
      .records("section")
      .filter(({ students }) => (students as string[]).length > 2)
    const { id: sectionId, students } = section as unknown as { id: string; students: string[] }
    const [leaver, ...others] = students
    world.district.edit("section", sectionId, { students: others, name: "Algebra II" })
    const [user = ""] = world.ids("user").filter((id) => !students.includes(id))
    world.district.remove("user", user)
    const day = await world.delta()
    await world.deliver()
    const changed = world.app.written.find(({ kind, action }) => kind === "section" && action === "update")
    expect(changed).toMatchObject({
      changeId: `${day.id}/section/${sectionId}`,
      districtId: world.districtId,
      runId: day.id,
      version: 2,
      joined: [],
      left: [{ id: leaver, role: "student" }],
    })
    expect((changed?.before as Section | undefined)?.students).toEqual(students)
    expect(changed?.after).toMatchObject({ name: "Algebra II", students: others })
    const archived = world.app.written.find(({ id, action }) => id === user && action === "archive")
    expect(archived?.after).toEqual(archived?.before)
    expect(archived?.after).toMatchObject({ id: user })
    expect(run.id).not.toBe(day.id)
    await world.expectFollowed()
  })

  it("S19 S23 the app's own values stand in for Clever's, before and after", async () => {
    const world = new TargetWorld({ storage })
    await world.bulk()
    const [first = "", second = ""] = world.ids("user")
    const override = (id: string, path: string, value: unknown) =>
      world.plain.override({
        districtId: world.districtId,
        kind: "user",
        id,
        path,
        value,
        at: "2026-09-01T00:00:00.000Z",
        by: "app",
      })
    await override(first, "name.first", "Kim")
    await world.deliver()
    const created = world.app.written.find(({ id }) => id === first)
    expect((created?.after as User | undefined)?.name?.first).toBe("Kim")
    await override(second, "email", "own@app.example")
    for (const id of [first, second]) world.district.edit("user", id, { email: `${id}@new.example` })
    await world.delta()
    await world.deliver()
    const [one, two] = [first, second].map((id) =>
      world.app.written.find((change) => change.id === id && change.action === "update"),
    )
    expect(one?.before).toMatchObject({ name: { first: "Kim" } })
    expect(one?.after).toMatchObject({ name: { first: "Kim" }, email: `${first}@new.example` })
    expect(two?.after).toMatchObject({ email: "own@app.example" })
  })

  it("S23 S24 an undo that archives with another content: each record still before what the target knows it to need", async () => {
    const world = new TargetWorld({ storage })
    await world.bulk()
    await world.deliver()
    const district = world.districtId
    const [studentId, contactId] = ["100000000000000000000001", "200000000000000000000002"]
    const contact = (students: string[]) => ({
      district,
      name: { last: "Somebody" },
      roles: { contact: { student_relationships: students.map((student) => ({ student })) } },
    })
    world.district.add("user", { id: contactId, ...contact([]) })
    await world.delta()
    world.district.unshare({ ids: [contactId] })
    await world.delta()
    world.district.add("user", { id: studentId, district, name: { last: "Pupil" }, roles: { student: {} } })
    world.district.edit("user", contactId, contact([studentId]))
    world.district.reshare({ ids: [contactId] })
    const run = await world.delta()
    expect(run.counts.user).toMatchObject({ created: 1, restored: 1 })
    const { run: undo } = await world.roster.undo(run.id, { by: "test" })
    await world.deliver()
    const undone = world.app.written.filter(({ runId }) => runId === undo.id)
    expect(undone.map(({ id, action }) => `${action} ${id}`)).toEqual([
      `archive ${contactId}`,
      `archive ${studentId}`,
    ])
    expect(undone[0]?.before).toMatchObject(contact([studentId]))
    expect(undone[0]?.after).toMatchObject(contact([]))
    await world.expectFollowed()
  })

  it("S23 a target that is added later gets the roster as it was then, whatever is imported meanwhile", async () => {
    const world = new TargetWorld({ storage, users: 100, delivery: { batchSize: 7 } })
    await world.bulk()
    world.district.unshare({ ids: world.ids("user").slice(0, 6) })
    await world.delta()
    const then = await world.stored()
    const archived = new Set([...then].filter(([, { state }]) => state === "archived").map(([key]) => key))
    expect(archived.size).toBeGreaterThan(3)

    let days = 0
    let checked = 0
    world.app.beforeCall = async () => {
      if (world.app.calls.length % 4 !== 0 || days >= 5) return
      days++
      world.district.nextDay({ intensity: 4 })
      if (days === 2) world.district.reshare({ everything: true })
      if (days === 3) world.district.unshare({ ids: world.ids("user").slice(30, 50) })
      await world.delta()
    }
    const delivery = world.anotherDelivery({
      onEvent: ({ type }) => {
        if (type !== "snapshot-delivered") return
        checked++
        for (const key of archived) then.delete(key)
        expect(meaningOf(world.app.roster())).toEqual(meaningOf(then))
        expect(new Set(world.app.written.map(({ version, action }) => `${action} ${version}`))).toEqual(
          new Set(["create 2"]),
        )
      },
    })
    const report = await delivery.deliver({ districtId: world.districtId })
    expect(report.state).toBe("caught-up")
    expect(days).toBe(5)
    expect(checked).toBe(1)
    await world.expectAllDelivered(2)
    await world.expectFollowed({ archivedBefore: archived })
  })
})

function isContact({ kind, after }: TargetChange): boolean {
  return kind === "user" && ((after as User).roles?.contact?.student_relationships ?? []).length > 0
}

describe("S23 how a delivery goes on", () => {
  it("S23 the same change has the same id whenever it is delivered, and no other has it", async () => {
    const world = new TargetWorld()
    await world.bulk()
    await world.deliver()
    world.district.nextDay({ intensity: 5 })
    await world.delta()
    const ids: string[][] = []
    for (let time = 0; time < 2; time++) {
      const app = new AppTables()
      // A crash: what was delivered is not noted.
      world.hooks.beforeCall = (method) => {
        if (method === "writeDocuments" && app.calls.length > 0) throw new Error("crash")
      }
      const delivery = world.anotherDelivery({ target: app })
      await expect(delivery.deliver({ districtId: world.districtId })).rejects.toThrow("crash")
      world.clock.advance(60_000)
      ids.push(app.written.map(({ changeId }) => changeId))
    }
    world.hooks.beforeCall = undefined
    expect(ids[0]?.length).toBeGreaterThan(0)
    expect(ids[1]).toEqual(ids[0])
    await world.deliver()
    const all = world.app.written.map(({ changeId }) => changeId)
    expect(new Set(all).size).toBe(all.length)
    await world.expectFollowed()
  })

  it("S23 nothing is written for a district that was never imported, nor where nothing is new", async () => {
    const world = new TargetWorld()
    const writes: string[] = []
    world.hooks.beforeCall = (method) => {
      if (/^(write|save|acquire|stage|commit)/.test(method)) writes.push(method)
    }
    expect(await world.deliver()).toMatchObject({
      state: "caught-up",
      lag: { commits: 0, changes: 0, ageMs: 0 },
    })
    expect(writes).toEqual([])
    await world.bulk()
    await world.deliver()
    writes.length = 0
    const calls = world.app.calls.length
    expect(await world.deliver()).toMatchObject({ state: "caught-up" })
    expect(writes).toEqual([])
    expect(world.app.calls).toHaveLength(calls)
  })

  it("S23 a commit in which nothing changed for an app is passed", async () => {
    const world = new TargetWorld()
    await world.bulk()
    await world.deliver()
    // New in `last_modified` alone (S11): a new version, and no change.
    world.source.alterItems = (kind, items) =>
      kind !== "user"
        ? items
        : items.map((item) => item.replace(/"last_modified":"[^"]*"/, '"last_modified":"2030"'))
    expect(await world.bulk()).toMatchObject({ state: "unchanged" })
    expect((await world.plain.getDistrict(world.districtId)).version).toBe(2)
    const calls = world.app.calls.length
    expect(await world.deliver()).toMatchObject({ state: "caught-up", lag: { commits: 0 } })
    expect(world.app.calls).toHaveLength(calls)
  })

  it("S23 lag: how many commits and changes, and since when", async () => {
    const world = new TargetWorld()
    const { districtId, delivery } = world
    const none = { commits: 0, changes: 0, oldestAt: null, ageMs: 0, stuck: 0, blocked: 0, waiting: null }
    expect(await delivery.lag({ districtId })).toEqual({ districtId, ...none })
    await world.bulk()
    const records = [...(await world.stored()).values()].length
    expect(await delivery.lag({ districtId })).toMatchObject({ commits: 1, changes: records })
    await world.deliver()
    expect(await delivery.lag({ districtId })).toEqual({ districtId, ...none })
    const oldest = await dayWithChanges(world)
    await dayWithChanges(world)
    world.clock.advance(5_000)
    const changes = (await wholeLog(world.plain, districtId)).filter(({ version }) => version > 1).length
    expect(await delivery.lag({ districtId })).toMatchObject({
      commits: 2,
      changes,
      oldestAt: oldest.finishedAt,
    })
    const { ageMs } = await delivery.lag({ districtId })
    expect(ageMs).toBe(world.now() - Date.parse(oldest.finishedAt ?? ""))

    // In the middle of a commit.
    const controller = new AbortController()
    world.app.afterCall = () => controller.abort()
    const report = await delivery.deliver({ districtId, signal: controller.signal })
    const [call = []] = world.app.calls.slice(-1)
    expect(report).toMatchObject({
      state: "interrupted",
      lag: { commits: 2, changes: changes - call.length },
    })
    world.app.afterCall = () => {}
    expect(await world.deliver()).toMatchObject({ state: "caught-up", lag: { commits: 0, changes: 0 } })
    await world.expectFollowed()
  })

  it("S23 S25 an aborted delivery ends after the batch at hand and goes on there", async () => {
    const world = new TargetWorld()
    await world.bulk()
    const controller = new AbortController()
    world.app.afterCall = () => {
      if (world.app.calls.length === 3) controller.abort()
    }
    const { districtId } = world
    const report = await world.delivery.deliver({ districtId, signal: controller.signal })
    expect(report.state).toBe("interrupted")
    expect(world.app.calls).toHaveLength(3)
    await world.deliver()
    expect(world.app.written).toHaveLength(world.app.changeIds.size)
    await world.expectFollowed()
  })

  it("S23 all districts that have a connection or were delivered before, several at a time", async () => {
    const world = new TargetWorld()
    const other = new TargetWorld({ index: 1 })
    const apps = { now: 0, most: 0 }
    const app = new AppTables()
    app.beforeCall = async () => {
      apps.most = Math.max(apps.most, ++apps.now)
      await new Promise((resolve) => setImmediate(resolve))
    }
    app.afterCall = () => {
      apps.now--
    }
    await world.bulk()
    const delivery = world.anotherDelivery({ target: app, concurrency: 2 })
    expect(await delivery.deliver()).toMatchObject({ state: "caught-up", delivered: { create: 0 } })
    await world.connect()
    const connection = await world.plain.getConnection(world.districtId)
    if (connection === undefined) return expect.unreachable()
    await world.plain.saveConnection({ ...connection, districtId: other.districtId })
    await world.another({ clever: other.source }).sync({ districtId: other.districtId, mode: "bulk" })
    expect(await delivery.deliver()).toMatchObject({ state: "caught-up" })
    expect(apps.most).toBe(2)
    const districts = new Set(app.written.map(({ districtId }) => districtId))
    expect(districts).toEqual(new Set([world.districtId, other.districtId]))
    expect(app.rows.size).toBe(
      (await world.stored()).size +
        app.written.filter((change) => change.districtId === other.districtId).length,
    )
  })

  it("S23 run() delivers what is committed while it runs, and ends with the signal", async () => {
    const world = new TargetWorld()
    await world.bulk()
    await world.deliver()
    const controller = new AbortController()
    let polls = 0
    const delivery = world.anotherDelivery({
      sleep: async (ms) => {
        expect(ms).toBe(1_234)
        world.clock.advance(ms)
        if (++polls <= 3) {
          world.district.nextDay({ intensity: 2 })
          await world.delta()
        } else controller.abort()
      },
    })
    await delivery.run({ signal: controller.signal, pollMs: 1_234 })
    expect(polls).toBe(4)
    await world.expectFollowed()
  })

  it("S23 run() outlasts a storage that is busy, and rejects when it is broken", async () => {
    const world = new TargetWorld()
    await world.bulk()
    await world.deliver()
    await dayWithChanges(world)
    let failures = 0
    const { HomeroomError } = await import("../../src/errors/index.ts")
    world.hooks.beforeCall = (method) => {
      if (method === "listChanges" && ++failures <= 3) throw new HomeroomError("STORAGE_BUSY")
      if (method === "listConnections" && failures > 3) throw new HomeroomError("STORAGE_UNREADABLE")
    }
    expect(await codeOf(world.delivery.run())).toBe("STORAGE_UNREADABLE")
    world.hooks.beforeCall = undefined
    await world.expectFollowed()
  })

  it("S23 options are checked", () => {
    const world = new TargetWorld()
    const make = (options: object) => () => world.anotherDelivery(options)
    expect(make({ target: new AppTables("App") })).toThrow(/name must be/)
    expect(make({ target: new AppTables("a/b") })).toThrow(/name must be/)
    expect(make({ batchSize: 0 })).toThrow(/batchSize/)
    expect(make({ batchSize: 1_001 })).toThrow(/batchSize/)
    expect(make({ maxRetries: -1 })).toThrow(/maxRetries/)
    expect(make({ concurrency: 0.5 })).toThrow(/concurrency/)
    expect(make({ maxDeadLetters: 0 })).toThrow(/maxDeadLetters/)
    expect(new TargetDelivery({ storage: world.plain, target: new AppTables("app-2") })).toBeInstanceOf(
      TargetDelivery,
    )
  })
})

/** A day of imports that certainly changed something. */
async function dayWithChanges(world: TargetWorld) {
  const [id = ""] = world.ids("user")
  world.district.edit("user", id, { email: `${world.now()}@new.example` })
  world.district.nextDay({ intensity: 2 })
  const run = await world.delta()
  expect(run.state).toBe("applied")
  return run
}
