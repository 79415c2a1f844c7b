import { DatabaseSync } from "node:sqlite"
import { describe, expect, it, onTestFinished } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { kinds } from "../../src/models/kinds.ts"
import type { ChangeFilter, Plan, RecordChange } from "../../src/roster/index.ts"
import type { LoggedAction } from "../../src/storage/contract.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { changedWorld, hashForm, planOf } from "../support/plan-world.ts"
import { codeOf, hourMs, RosterWorld, storageNames } from "../support/roster-world.ts"

async function changesOf(plan: Plan, filter?: ChangeFilter): Promise<RecordChange[]> {
  const changes: RecordChange[] = []
  for await (const change of plan.changes(filter)) changes.push(change)
  return changes
}

const modes = ["bulk", "delta"] as const
const cases = storageNames.flatMap((storage) => modes.map((mode) => ({ storage, mode })))

describe.each(cases)("S17 a plan, by $mode on $storage", ({ storage, mode }) => {
  it("S17 says what an import would do, and changes nothing", async () => {
    const { world } = await changedWorld({ storage })
    const [before, head] = [await world.stored(), await world.plain.getDistrict(world.districtId)]
    const plan = await planOf(world, { mode, by: "ada" })
    expect(plan.run).toMatchObject({
      id: plan.id,
      state: "planned",
      purpose: "plan",
      mode,
      startedBy: "ada",
      basis: head.version,
      version: null,
      finishedAt: null,
      cursor: null,
      checkpoint: null,
      approval: null,
      plan: { hash: plan.hash, expiresAt: new Date(world.now() + 72 * hourMs).toISOString() },
    })
    expect(plan).toMatchObject({ state: "planned", hash: expect.stringMatching(hashForm), holds: [] })
    expect(plan.counts).toEqual(plan.run.counts)
    expect(plan.counts.user).toMatchObject({ created: 1, updated: 1, archived: 1, restored: 1 })
    expect(await world.stored()).toEqual(before)
    expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
    expect(await world.plain.listCommits({ districtId: world.districtId, limit: 9 })).toHaveLength(
      head.version,
    )

    // The same import, made instead, has the same counts and the same log.
    const changes = await changesOf(plan)
    const run = await world[mode]()
    expect(run.counts).toEqual(plan.counts)
    expect(await world.changes(run)).toEqual(changes)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S17 the same once more, opened by its id, by kind, action and school", async () => {
    const { world } = await changedWorld({ storage })
    const { id } = await planOf(world, { mode })
    const plan = await world.another().openPlan(id)
    const changes = await changesOf(plan)
    expect(new Set(changes.map(({ kind }) => kind)).size).toBeGreaterThan(1)
    expect(changes.map(({ kind }) => kinds.indexOf(kind))).toEqual(
      changes.map(({ kind }) => kinds.indexOf(kind)).toSorted((a, b) => a - b),
    )
    for (const kind of kinds) {
      expect(await changesOf(plan, { kind })).toEqual(changes.filter((change) => change.kind === kind))
      for (const action of ["create", "update", "archive", "restore"] as const) {
        expect(await changesOf(plan, { kind, action })).toEqual(
          changes.filter((change) => change.kind === kind && change.action === action),
        )
      }
    }
    // The run's own changes are the same, whoever asks.
    const ofRun: RecordChange[] = []
    for await (const change of world.roster.changes(id)) ofRun.push(change)
    expect(ofRun).toEqual(changes)
  })

  it("S17 a plan without anything to do is unchanged, and nothing of it is kept", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const head = await world.plain.getDistrict(world.districtId)
    world.source.alterItems = (_, items) =>
      items.map((item) => JSON.stringify({ ...JSON.parse(item), last_modified: "2030-01-01T00:00:00.000Z" }))
    const plan = await planOf(world, { mode })
    expect(plan).toMatchObject({ state: "unchanged", hash: "" })
    expect(plan.run).toMatchObject({ plan: null, version: null, cursor: null })
    expect(plan.run.finishedAt).not.toBeNull()
    expect(await changesOf(plan)).toEqual([])
    expect(await plan.bySchool()).toEqual([])
    expect(await world.plain.countStaged(plan.id)).toEqual([])
    expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
    expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash }))).toBe("PLAN_NOT_APPLICABLE")
  })

  it("S17 what a plan rejects is listed, though nothing else came of it", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [id] = world.ids("user") as [string]
    world.district.edit("user", id, { email: 3 as never })
    const plan = await planOf(world, { mode })
    expect(plan).toMatchObject({ state: "unchanged", counts: { user: { rejected: 1 } } })
    expect(await world.rejections(plan.run)).toMatchObject([{ kind: "user", id, path: "email" }])
    expect((await world[mode]()).counts).toEqual(plan.counts)
  })

  it("S15 S17 a plan in which a guard finds something is held, and the guard lets nothing through by itself", async () => {
    const { world } = await changedWorld({
      storage,
      guards: { archivedShare: 0, atLeast: 1, onHold: "risky-only" },
    })
    const before = await world.stored()
    const plan = await planOf(world, { mode })
    expect(plan).toMatchObject({ state: "held", hash: expect.stringMatching(hashForm) })
    expect(plan.holds[0]).toMatchObject({ code: "archived-ratio", limit: 0 })
    expect((await changesOf(plan, { action: "archive" })).length).toBeGreaterThan(0)
    expect((await changesOf(plan, { action: "create" })).length).toBeGreaterThan(0)
    expect(await world.stored()).toEqual(before)
  })

  it("S17 S22 an interrupted plan is gone on with by the next plan of its mode, and by no import", async () => {
    const { world } = await changedWorld({ storage })
    const before = await world.stored()
    const abort = new AbortController()
    let pages = 0
    world.source.beforeRequest = () => {
      if (++pages === 3) abort.abort()
    }
    world.source.pageSize = 2
    const stopped = await planOf(world, { mode, signal: abort.signal })
    world.source.beforeRequest = () => {}
    expect(stopped).toMatchObject({ state: "interrupted", hash: "" })
    expect(stopped.run.checkpoint).not.toBeNull()
    expect(await codeOf(world.roster.apply(stopped.id, { approve: "" }))).toBe("PLAN_NOT_APPLICABLE")
    const plan = await planOf(world, { mode })
    expect(plan.run).toMatchObject({ id: stopped.id, resumed: 1, state: "planned" })
    expect(await world.stored()).toEqual(before)
    await world.roster.apply(plan.id, { approve: plan.hash })
    expect(await world.stored()).toEqual(world.truth())
  })
})

describe.each(storageNames)("S17 plans beside imports, on %s", (storage) => {
  it("S17 a first import can be planned: nothing is stored until it is applied", async () => {
    const world = new RosterWorld({ storage })
    const plan = await planOf(world, { mode: "delta" })
    expect(plan).toMatchObject({ state: "planned", holds: [] })
    expect(plan.run).toMatchObject({ mode: "bulk", fallback: "no-cursor", basis: 0 })
    expect(await world.stored()).toEqual(new Map())
    expect(await world.plain.getDistrict(world.districtId)).toMatchObject({ version: 0, lastRunId: null })
    const applied = await world.roster.apply(plan.id, { approve: plan.hash })
    expect(applied).toMatchObject({ state: "applied", version: 1 })
    expect(await world.stored()).toEqual(world.truth())
    // The next delta goes on from the plan's own cursor.
    world.district.nextDay({ intensity: 3 })
    expect(await world.delta()).toMatchObject({ mode: "delta", state: "applied" })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S17 a plan is the same whatever the sizes of the pages, and another once something else is found", async () => {
    const { world } = await changedWorld({ storage })
    const first = await planOf(world, { mode: "bulk" })
    world.source.pageSize = 7
    const second = await planOf(world, { mode: "bulk" })
    expect(second.id).not.toBe(first.id)
    expect(second.hash).toBe(first.hash)
    world.district.edit("school", world.ids("school")[0] as string, { name: "Renamed again" })
    expect((await planOf(world, { mode: "bulk" })).hash).not.toBe(first.hash)
  })

  it("S17 plans wait beside each other, and no import takes them away", async () => {
    const { world } = await changedWorld({ storage })
    const bulk = await planOf(world, { mode: "bulk" })
    const delta = await planOf(world, { mode: "delta" })
    const hash = delta.hash
    expect((await world.delta()).state).toBe("applied")
    world.district.nextDay({ intensity: 2 })
    await world.bulk()
    for (const id of [bulk.id, delta.id]) {
      expect(await world.roster.run(id)).toMatchObject({ state: "planned", decision: null })
    }
    expect((await world.roster.openPlan(delta.id)).hash).toBe(hash)
  })

  it("S22 an interrupted import is still gone on with after a plan, and an interrupted plan after an unchanged import", async () => {
    const { world } = await changedWorld({ storage })
    const stopAt = async (request: number, work: (signal: AbortSignal) => Promise<unknown>) => {
      const abort = new AbortController()
      let asked = 0
      world.source.beforeRequest = () => {
        if (++asked === request) abort.abort()
      }
      await work(abort.signal)
      world.source.beforeRequest = () => {}
    }
    await stopAt(5, (signal) => world.bulk({ signal }))
    const [stopped] = await world.history()
    expect(stopped?.state).toBe("interrupted")
    await planOf(world, { mode: "bulk" })
    const run = await world.bulk()
    expect(run).toMatchObject({ id: stopped?.id, resumed: 1, state: "applied" })
    expect(await world.stored()).toEqual(world.truth())

    await stopAt(5, (signal) => planOf(world, { mode: "bulk", signal }))
    const [plan] = await world.history()
    expect(plan).toMatchObject({ state: "interrupted", purpose: "plan" })
    expect((await world.delta()).state).toBe("unchanged")
    expect((await planOf(world, { mode: "bulk" })).run).toMatchObject({ id: plan?.id, resumed: 1 })

    // Once the roster has moved, neither can be gone on with, and nothing is kept of it.
    await stopAt(5, (signal) => planOf(world, { mode: "bulk", signal }))
    const [last] = await world.history()
    world.district.edit("user", world.ids("user")[0] as string, { email: "moved@d.example" })
    await world.delta()
    expect((await planOf(world, { mode: "bulk" })).id).not.toBe(last?.id)
    expect(await world.roster.run(last?.id ?? "")).toMatchObject({ state: "interrupted", checkpoint: null })
    expect(await world.plain.countStaged(last?.id ?? "")).toEqual([])
  })

  it("S17 a plan of the other mode starts afresh", async () => {
    const { world } = await changedWorld({ storage })
    const abort = new AbortController()
    world.source.beforeRequest = (name) => {
      if (name.startsWith("user")) abort.abort()
    }
    const stopped = await planOf(world, { mode: "bulk", signal: abort.signal })
    world.source.beforeRequest = () => {}
    expect((await planOf(world, { mode: "delta" })).run).toMatchObject({ resumed: 0, mode: "delta" })
    expect((await world.roster.run(stopped.id)).checkpoint).toBeNull()
    expect(await world.plain.countStaged(stopped.id)).toEqual([])
  })

  it("S17 a plan that fails is in the history as failed, and nothing of it is staged", async () => {
    const { world } = await changedWorld({ storage })
    world.source.beforeRequest = (name) => {
      if (name.startsWith("section")) throw new HomeroomError("CLEVER_UNAVAILABLE")
    }
    expect(await codeOf(planOf(world, { mode: "bulk" }))).toBe("CLEVER_UNAVAILABLE")
    const [failed] = await world.history()
    expect(failed).toMatchObject({ purpose: "plan", state: "failed", plan: null })
    expect(await world.plain.countStaged(failed?.id ?? "")).toEqual([])
  })

  it("S21 while an import runs no plan is made, and while a plan is made no import runs", async () => {
    const { world } = await changedWorld({ storage })
    let refusal: unknown
    world.hooks.afterCall = async (method) => {
      if (method !== "stage" || refusal !== undefined) return
      refusal = "asking"
      refusal = await codeOf(world.another().plan({ districtId: world.districtId }))
    }
    await world.bulk()
    expect(refusal).toBe("SYNC_IN_PROGRESS")
    refusal = undefined
    world.district.nextDay({ intensity: 2 })
    world.hooks.afterCall = async (method) => {
      if (method !== "stage" || refusal !== undefined) return
      refusal = "asking"
      refusal = await codeOf(world.another().sync({ districtId: world.districtId }))
    }
    await planOf(world, { mode: "bulk" })
    expect(refusal).toBe("SYNC_IN_PROGRESS")
  })

  it("S30 tells its progress", async () => {
    const { world } = await changedWorld({ storage })
    const stages = new Set<string>()
    await planOf(world, { mode: "bulk", onProgress: ({ stage }) => stages.add(stage) })
    expect([...stages]).toEqual(expect.arrayContaining(["listing", "planning"]))
    expect(stages).not.toContain("applying")
  })

  it("S17 a person who logs in is not kept waiting by an interrupted plan", async () => {
    const { world, added } = await changedWorld({ storage })
    const abort = new AbortController()
    world.source.beforeRequest = (name) => {
      if (name.startsWith("user")) abort.abort()
    }
    await planOf(world, { mode: "bulk", signal: abort.signal })
    world.source.beforeRequest = () => {}
    const result = await world.roster.syncUser({ districtId: world.districtId, id: added })
    expect(result.state).toBe("applied")
  })

  it("S17 RUN_NOT_FOUND for the plan of another life", async () => {
    const world = new RosterWorld({ storage })
    expect(await codeOf(world.roster.openPlan("nobody"))).toBe("RUN_NOT_FOUND")
  })
})

describe.each(storageNames)("S17 a plan by school, on %s", (storage) => {
  it("S17 what belongs to a school before or after belongs to it, and counts there; the rest to none", async () => {
    const world = new RosterWorld({ storage, schools: 3 })
    await world.bulk()
    const [first, second] = world.ids("school") as [string, string, string]
    const students = world.district
      .records("user")
      .filter(({ roles }) => (roles as { student?: { school?: string } }).student?.school === first)
      .map(({ id }) => String(id))
    const [moved, gone] = students as [string, string]
    world.district.edit("user", moved, { roles: { student: { school: second, schools: [second] } } })
    world.district.unshare({ ids: [gone] })
    world.district.edit("school", second, { name: "Renamed" })
    world.district.edit("term", world.ids("term")[0] as string, { name: "Long term" })
    const admin = world.district.add("user", { roles: { district_admin: {} } })
    const plan = await planOf(world, { mode: "bulk" })

    const changes = await changesOf(plan)
    const users = changes.filter(({ kind }) => kind === "user").map(({ id }) => id)
    expect(users).toEqual(expect.arrayContaining([moved, gone, admin]))
    const idsOf = async (school: string, filter: ChangeFilter = {}) =>
      (await changesOf(plan, { school, ...filter })).map(({ id }) => id)
    expect(await idsOf(first, { kind: "user" })).toEqual([moved, gone].toSorted())
    expect(await idsOf(second, { kind: "user" })).toEqual([moved])
    expect(await idsOf(second, { kind: "school" })).toEqual([second])
    expect(await idsOf(first, { kind: "user", action: "archive" })).toEqual([gone])
    expect(await idsOf("elsewhere")).toEqual([])
    // The same of the run, and once it is applied.
    const ofRun = async () => {
      const found: string[] = []
      for await (const { id } of world.roster.changes(plan.id, { school: first, kind: "user" }))
        found.push(id)
      return found
    }
    expect(await ofRun()).toEqual([moved, gone].toSorted())

    const bySchool = await plan.bySchool()
    expect(bySchool.map(({ schoolId }) => schoolId).at(-1)).toBeNull()
    const named = bySchool.map(({ schoolId }) => schoolId).filter((id) => id !== null)
    expect(named).toEqual(named.toSorted())
    for (const { schoolId, changes: counted } of bySchool) {
      if (schoolId === null) continue
      for (const kind of kinds) {
        for (const action of ["create", "update", "archive", "restore"] as const) {
          const listed = await changesOf(plan, { school: schoolId, kind, action })
          expect(counted[kind]?.[action] ?? 0).toBe(listed.length)
        }
      }
    }
    const ofNone = bySchool.at(-1)?.changes
    expect(ofNone?.term?.update).toBe(1)
    expect(ofNone?.user?.create).toBe(1)
    await world.roster.apply(plan.id, { approve: plan.hash })
    expect(await ofRun()).toEqual([moved, gone].toSorted())
    expect(await (await world.roster.openPlan(plan.id)).bySchool()).toEqual(bySchool)
  })

  it("S17 counts by school the same for pages of any size, with many changes", async () => {
    const world = new RosterWorld({ storage, users: 700, schools: 4, pageSize: 300 })
    const plan = await planOf(world, { mode: "bulk" })
    const expected = new Map<string, number>()
    for (const record of world.district.records("section")) {
      const school = String(record.school)
      expected.set(school, (expected.get(school) ?? 0) + 1)
    }
    const counted = new Map<string, number>()
    for (const { schoolId, changes } of await plan.bySchool()) {
      const created: Partial<Record<LoggedAction, number>> = changes.section ?? {}
      if (schoolId !== null && created.create !== undefined) counted.set(schoolId, created.create)
    }
    expect(counted).toEqual(expected)
  })
})

describe("S17 on SQLite", () => {
  it("S17 a plan and its refusal write no row of the roster, nor of any district", async () => {
    const { world } = await changedWorld({ storage: "sqlite" })
    const database = new DatabaseSync(world.path)
    onTestFinished(() => database.close())
    database.exec("CREATE TABLE written (what TEXT)")
    for (const what of ["INSERT", "UPDATE", "DELETE"]) {
      database.exec(`CREATE TRIGGER watch_records_${what} AFTER ${what} ON homeroom_records
        BEGIN INSERT INTO written VALUES ('records ${what}'); END`)
    }
    database.exec(`CREATE TRIGGER watch_district AFTER UPDATE OF version, cursor, last_run, counts
      ON homeroom_districts BEGIN INSERT INTO written VALUES ('district'); END`)
    const written = () => Number(database.prepare("SELECT count(*) AS count FROM written").get()?.count)
    const bulk = await planOf(world, { mode: "bulk" })
    const delta = await planOf(world, { mode: "delta" })
    expect([bulk.state, delta.state]).toEqual(["planned", "planned"])
    expect((await changesOf(bulk)).length).toBeGreaterThan(0)
    await world.roster.discard(delta.id, { by: "ada", why: "no" })
    await world.roster.approve(bulk.id, { by: "ada", why: "yes" })
    expect(await codeOf(world.roster.apply(bulk.id, { approve: "another" }))).toBe("PLAN_HASH_MISMATCH")
    expect(written()).toBe(0)
    // The triggers do count.
    await world.roster.apply(bulk.id, { approve: bulk.hash })
    expect(written()).toBeGreaterThan(3)
  })

  it("S17 a plan outlives its process: another one opens and applies it", async () => {
    const { world } = await changedWorld({ storage: "sqlite" })
    const { id, hash } = await planOf(world, { mode: "bulk" })
    const changes = await changesOf(await world.roster.openPlan(id))
    await world.plain.close()
    const storage = new SqliteStorage({ path: world.path, clock: world.now })
    onTestFinished(() => storage.close())
    const roster = world.another({ storage })
    const plan = await roster.openPlan(id)
    expect(plan.hash).toBe(hash)
    expect(await changesOf(plan)).toEqual(changes)
    expect((await roster.apply(id, { approve: hash })).state).toBe("applied")
  })
})
