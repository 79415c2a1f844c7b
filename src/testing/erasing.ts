import assert from "node:assert/strict"
import type { Lease, RosterStorage, Run, StagedChange } from "../storage/contract.ts"
import { all, changesOf, refused, same, snapshot, stagedCounts } from "./checks.ts"
import {
  clazz,
  content,
  eraseNow,
  friend,
  person,
  rejected,
  section,
  them,
  user,
} from "./erasing-fixtures.ts"
import {
  away,
  home,
  importChanges,
  makeConnection,
  makeCursor,
  makeLink,
  makeRun,
  mark,
  takeLease,
} from "./fixtures.ts"
import type { Suite } from "./suite.ts"

const issuer = "https://clever.com"

async function stageHeld(storage: RosterStorage, run: Run, changes: StagedChange[]): Promise<Lease> {
  const lease = await takeLease(storage)
  await storage.stage(lease, { run, changes })
  return lease
}

export function erasingChapter({ describe, it }: Suite): void {
  describe("erasing a record", () => {
    it("takes it out of the roster, the counts and the log, and finds no trace of it then", async ({
      storage,
    }) => {
      await importChanges(storage, [user(person, "Zoë"), user(friend, "Ada")], { runId: "run-a" })
      await importChanges(storage, [user(person, "Zora", "update")], { runId: "run-b" })
      await importChanges(storage, [mark("archive", "user", person)], { runId: "run-c" })
      assert.notDeepEqual(await storage.countTraces(person), {})
      assert.notDeepEqual(await storage.countTraces("Zora"), {})
      const counts = await eraseNow(storage)
      assert.equal(counts.records, 1)
      assert.ok(counts.contents >= 2, "both of its contents went")
      for (const trace of [person, "Zoë", "Zora", "sis-Zora"]) same(await storage.countTraces(trace), {})
      const listed = await storage.listRecords({ districtId: home, kind: "user", limit: all })
      same(
        listed.map((one) => one.data),
        [user(friend, "Ada").data],
      )
      same((await storage.getDistrict(home)).counts, { user: { active: 1, archived: 0 } })
      same(
        (await changesOf(storage, "run-a")).map((one) => one.id),
        [friend],
      )
      same(await changesOf(storage, "run-b"), [])
      same(await changesOf(storage, "run-c"), [])
    })

    it("takes its id out of other records, as if Clever had never sent it", async ({ storage }) => {
      await importChanges(storage, [user(person, "Zoë"), user(friend, "Ada"), section([person, friend])])
      assert.ok((await eraseNow(storage)).mentions >= 1)
      const left = section([friend])
      const [record] = await storage.listRecords({ districtId: home, kind: "section", limit: all })
      const { id, kind, data, raw, canonical } = left
      same(record, { id, kind, data, raw, canonical, state: "active" })
      same((await storage.listFingerprints({ districtId: home, kind, after: "", limit: all }))[0]?.raw, raw)
      const find = (personId: string) =>
        storage.findRecords({ districtId: home, filter: { kind: "section", personId }, limit: all })
      same(await find(person), [])
      same(
        (await find(friend)).map((one) => one.id),
        [clazz],
      )
      same(await storage.countTraces(person), {})
    })

    it("takes its id out of what other records were before, and would be", async ({ storage }) => {
      await importChanges(storage, [user(person, "Zoë"), section([person])], { runId: "run-a" })
      await importChanges(storage, [section([friend, person], "update")], { runId: "run-b" })
      await importChanges(storage, [section([friend], "update")], { runId: "run-c" })
      const run = makeRun({ id: "run-d", basis: 3, state: "held" })
      await storage.releaseLease(await stageHeld(storage, run, [section([person, friend, person], "update")]))
      await eraseNow(storage)
      same(await storage.countTraces(person), {})
      const texts = async (runId: string) =>
        (await changesOf(storage, runId)).map(({ before, after }) => [before, after])
      same(await texts("run-a"), [[null, section([]).data]])
      same(await texts("run-b"), [[section([]).data, section([friend]).data]])
      same(await texts("run-c"), [[section([friend]).data, section([friend]).data]])
      same(await texts("run-d"), [[section([friend]).data, section([friend]).data]])
    })

    it("takes it out of what is staged, rejections included, and out of the rejections of old", async ({
      storage,
    }) => {
      const bad = { name: { first: "Zoë" }, roles: [] }
      await importChanges(storage, [
        user(friend, "Ada"),
        rejected("user", person, { id: person, ...bad }),
        rejected("user", "?1", { _id: person, ...bad }),
        rejected("section", clazz, { id: clazz, students: [person, friend], name: 1 }),
      ])
      const run = makeRun({ id: "run-2", basis: 1, state: "held" })
      const staged = [
        user(person, "Zoë"),
        rejected("section", clazz, { id: clazz, students: [person], name: 2 }),
        user(friend, "Ida", "update"),
      ]
      await storage.releaseLease(await stageHeld(storage, run, staged))
      await eraseNow(storage)
      for (const trace of [person, "Zoë"]) same(await storage.countTraces(trace), {})
      const rejections = async (runId: string) =>
        (await storage.listRejections({ runId, limit: all })).map(({ id, data }) => [id, JSON.parse(data)])
      same(await rejections("run-1"), [[clazz, { id: clazz, students: [friend], name: 1 }]])
      same(await rejections("run-2"), [[clazz, { id: clazz, students: [], name: 2 }]])
      same(await stagedCounts(storage, "run-2"), { "user update": 1, "section reject": 1 })
    })

    it("raises the version where the roster is another, so that plans of before are stale", async ({
      storage,
    }) => {
      await importChanges(storage, [user(person, "Zoë"), user(friend, "Ada")])
      const run = makeRun({ id: "run-2", basis: 1 })
      const lease = await stageHeld(storage, run, [user(friend, "Ida", "update")])
      await storage.erase(lease, them)
      assert.equal((await storage.getDistrict(home)).version, 2)
      const end = { run, basis: 1, cursor: null, actions: ["update"] as const }
      await refused(storage.commit(lease, end), "PLAN_STALE")
      await storage.erase(lease, { ...them, id: "5f3c0a1b2c3d4e5f60718299" })
      assert.equal((await storage.getDistrict(home)).version, 2)
    })

    it("sends a run that stopped at it back to its beginning, and lets another go on", async ({
      storage,
    }) => {
      const at = (lastId: string): Run["checkpoint"] => ({
        at: "2026-08-17T06:01:00.000Z",
        stage: "listing",
        apiVersion: "v3.1",
        cursor: null,
        kind: "user",
        next: `/v3.1/users?limit=100&starting_after=${lastId}`,
        lastId,
        ordered: true,
        gap: false,
        pages: 1,
        seen: { user: 1 },
      })
      const lease = await takeLease(storage)
      for (const [id, lastId] of [
        ["run-1", person],
        ["run-2", friend],
      ] as const) {
        const run = makeRun({ id, checkpoint: at(lastId), state: "interrupted" })
        await storage.stage(lease, { run, changes: [user(friend, "Ada")] })
      }
      await storage.erase(lease, them)
      same(await storage.countTraces(person), {})
      assert.equal((await storage.getRun("run-1"))?.checkpoint, null)
      same(await stagedCounts(storage, "run-1"), {})
      same((await storage.getRun("run-2"))?.checkpoint, at(friend))
      same(await stagedCounts(storage, "run-2"), { "user create": 1 })
    })

    it("takes its overrides and the documents that tell of it, and hides its id in others", async ({
      storage,
    }) => {
      const at = "2026-08-17T06:00:00.000Z"
      const set = { districtId: home, kind: "user" as const, path: "name.first", at }
      await storage.override({ ...set, id: person, value: "Zoë", by: "ada" })
      await storage.override({ ...set, id: friend, value: "Ada", by: person })
      const put = { collection: "review", districtId: home }
      await storage.writeDocuments([
        { ...put, key: "1", subjects: [friend, person], value: { name: "Zoë" } },
        { ...put, key: `by-${person}`, value: 1 },
        { ...put, key: "2", districtId: null, subjects: [person], value: "Zoë" },
        { ...put, key: "3", subjects: [friend], value: { seen: [person, friend], [person]: 1 } },
        { ...put, key: "4", subjects: [friend], value: { seen: [friend] } },
      ])
      const counts = await eraseNow(storage)
      assert.equal(counts.documents, 4)
      for (const trace of [person, "Zoë"]) same(await storage.countTraces(trace), {})
      const left = await storage.listDocuments({ collection: "review", limit: all })
      same(
        left.map(({ key, revision, value }) => [key, revision, value]),
        [
          ["3", 2, { seen: ["erased", friend], erased: 1 }],
          ["4", 1, { seen: [friend] }],
        ],
      )
      const overrides = await storage.listOverrides({ districtId: home, kind: "user", limit: all })
      same(overrides, [{ ...set, id: friend, value: "Ada", by: "erased" }])
    })

    it("takes a user's links and one-time keys, and leaves the session epoch, which names nobody", async ({
      storage,
    }) => {
      const later = Date.now() + 10 ** 12
      await storage.claimLink(makeLink({ cleverId: person }))
      await storage.claimLink(makeLink({ issuer: "https://other.example", cleverId: person }))
      await storage.claimLink(makeLink({ cleverId: friend, accountId: "account-2" }))
      await storage.consumeOnce("session:1", later, [`user:${issuer}:${person}`, `district:${home}`])
      await storage.consumeOnce("session:2", later, [`user:${issuer}:${friend}`, `district:${home}`])
      const epoch = await storage.raiseSessionEpoch(`user:${issuer}:${person}`, later)
      assert.equal((await eraseNow(storage)).logins, 3)
      same(await storage.countTraces(person), {})
      same(
        (await storage.listLinks({ limit: all })).map((one) => one.cleverId),
        [friend],
      )
      same([await storage.isConsumed("session:1"), await storage.isConsumed("session:2")], [false, true])
      same(await storage.getSessionEpochs([`user:${issuer}:${person}`]), [epoch])
    })

    it("takes a record of any kind, with every mention of it", async ({ storage }) => {
      const school = "5f3c0a1b2c3d4e5f607182bb"
      await importChanges(storage, [
        content("create", "school", { id: school, name: "Oak Hill" }),
        content("create", "user", {
          id: friend,
          roles: { student: { school, schools: [school, clazz], grade: "3" }, staff: { school } },
        }),
      ])
      const run = makeRun({ id: "run-2", state: "failed", archivedBySchool: { user: { [school]: 3 } } })
      const lease = await takeLease(storage)
      await storage.saveRun(lease, run)
      await storage.erase(lease, { districtId: home, kind: "school", id: school })
      for (const trace of [school, "Oak Hill"]) same(await storage.countTraces(trace), {})
      const [left] = await storage.listRecords({ districtId: home, kind: "user", limit: all })
      same(JSON.parse(left?.data ?? ""), {
        district: home,
        id: friend,
        roles: { student: { schools: [clazz], grade: "3" }, staff: {} },
      })
      same((await storage.getRun("run-2"))?.archivedBySchool, { user: { erased: 3 } })
      same((await storage.getDistrict(home)).counts, { user: { active: 1, archived: 0 } })
    })

    it("leaves everything else as it is: the same ids in another district, too", async ({ storage }) => {
      const other = content("create", "user", { id: person, name: { first: "Zoë" } }, away)
      const otherSection = content("create", "section", { id: clazz, students: [person] }, away)
      await importChanges(storage, [other, otherSection], { runId: "run-away", districtId: away })
      await storage.saveConnection(makeConnection({ districtId: away }))
      await importChanges(storage, [user(friend, "Ada"), section([friend])], { cursor: makeCursor("e1") })
      const what = { districtIds: [home, away], runIds: ["run-1", "run-away"] }
      const before = await snapshot(storage, what)
      await importChanges(storage, [user(person, "Zora")], { runId: "run-2", cursor: makeCursor("e1") })
      const counts = await eraseNow(storage)
      same(counts, { records: 1, contents: 1, mentions: 0, documents: 0, logins: 0, runs: 0 })
      const after = await snapshot(storage, what)
      // Another import was made in between, and the version is another.
      const rest = (seen: unknown) =>
        Object.entries(seen as object).filter(
          ([name]) => !["runs", `head of ${home}`, `commits of ${home}`].includes(name),
        )
      same(rest(after), rest(before))
    })

    it("does nothing to what it does not know, and the same when it is done again", async ({ storage }) => {
      await importChanges(storage, [user(person, "Zoë"), section([person])])
      await eraseNow(storage)
      const before = await snapshot(storage, { districtIds: [home], runIds: ["run-1"] })
      const nothing = { records: 0, contents: 0, mentions: 0, documents: 0, logins: 0, runs: 0 }
      same(await eraseNow(storage), nothing)
      const after = await snapshot(storage, { districtIds: [home], runIds: ["run-1"] })
      same(after, before)
    })

    it("lets the same record come back like any other", async ({ storage }) => {
      await importChanges(storage, [user(person, "Zoë"), section([person])], { runId: "run-a" })
      await eraseNow(storage)
      await importChanges(storage, [user(person, "Zoë"), section([person], "update")], { runId: "run-b" })
      const found = await storage.findRecords({
        districtId: home,
        filter: { kind: "section", personId: person },
        limit: all,
      })
      same(
        found.map((one) => one.id),
        [clazz],
      )
      same((await storage.getDistrict(home)).counts, {
        user: { active: 1, archived: 0 },
        section: { active: 1, archived: 0 },
      })
    })

    it("refuses a lease that is not the district's newest, and changes nothing", async ({ storage }) => {
      await importChanges(storage, [user(person, "Zoë")])
      const old = await takeLease(storage)
      await storage.releaseLease(old)
      await refused(storage.erase(old, them), "LEASE_LOST")
      const lease = await takeLease(storage)
      await refused(storage.erase(old, them), "LEASE_LOST")
      await refused(storage.erase(lease, { ...them, districtId: away }), "LEASE_LOST")
      same((await storage.getDistrict(home)).counts, { user: { active: 1, archived: 0 } })
    })
  })
}
